/** Operators of detection on a device, each against its composition on the CPU. */
import { cat, Generator, rand, randn, type Tensor, tensor } from '@um-mae/torch';
import { nms, pasteMasks, roiAlign, softNms } from '@um-mae/torch/vision';
import { attempt, type Check, check, distance } from './check.js';
import { gradient, leaf, withKernels } from './kernel-checks.js';

interface VisionCase {
  readonly name: string;
  /** Relative, in the norm; 0 where indices are compared. */
  readonly allowed: number;
  readonly run: (device: string) => readonly Tensor[];
}

export function* visionChecks(device: string): Iterable<Check> {
  for (const { name, allowed, run } of cases) {
    const subject = { what: name, precision: 'f32' };
    yield* attempt(subject, () => {
      const expected = withKernels(false, () => run('cpu'));
      const found = withKernels(true, () => run(device));
      const distances = expected.map((theirs, i) => {
        const ours = found[i];
        return ours ? distance(ours, theirs) : Number.NaN;
      });
      return [check(subject, Math.max(...distances), allowed)];
    });
  }
}

const cases: readonly VisionCase[] = [
  { name: 'RoIAlign, 7x7', allowed: 1e-4, run: (device) => aligned(device, 7) },
  { name: 'RoIAlign, 14x14', allowed: 1e-4, run: (device) => aligned(device, 14) },
  { name: 'NMS', allowed: 0, run: (device) => [nms(...scored(device), { threshold: 0.5 })] },
  {
    name: 'soft NMS',
    allowed: 1e-5,
    run: (device) => {
      const { kept, scores } = softNms(...scored(device));
      return [kept, scores];
    },
  },
  { name: 'masks on a picture', allowed: 1e-5, run: (device) => [pasted(device)] },
];

/** Pools regions of two levels and gives the gradients of both. */
function aligned(device: string, side: number): Tensor[] {
  const generator = new Generator(5);
  const maps = [32, 16].map((size) => leaf(randn([2, 16, size, size], { generator }).to(device)));
  const rois = tensor(
    [
      [0, 3, 5, 90, 70],
      [1, 20.5, 10.25, 60.75, 120],
      [1, -8, 40, 30, 140],
    ],
    { dtype: 'f32', device },
  );
  const levels = tensor([0, 1, 0], { dtype: 'i64', device });
  const pooled = roiAlign(maps, rois, { bins: [side, side], strides: [4, 8], levels });
  const up = randn(pooled.shape, { generator }).to(device);
  pooled.mul(up).sum().backward();
  return [pooled, ...maps.map(gradient)];
}

/** Boxes that overlap, and their scores. */
function scored(device: string): [boxes: Tensor, scores: Tensor] {
  return [boxesOf(200, device), rand([200], { generator: new Generator(7) }).to(device)];
}

/** @returns [count, 4] as x1, y1, x2, y2 */
function boxesOf(count: number, device: string): Tensor {
  const sides = rand([count, 4], { generator: new Generator(6) }).mul(40);
  const [corner, size] = [sides.slice({ dim: 1, end: 2 }), sides.slice({ dim: 1, start: 2 })];
  return cat([corner, corner.add(size)], { dim: 1 }).to(device);
}

function pasted(device: string): Tensor {
  const masks = rand([6, 28, 28], { generator: new Generator(8) }).to(device);
  return pasteMasks(masks, boxesOf(6, device), { height: 64, width: 80 });
}
