import {
  cat,
  Generator,
  gradients,
  rand,
  randint,
  scope,
  type Tensor,
  zeros,
} from '../src/index.js';
import { nms, pasteMasks, roiAlign, softNms } from '../src/vision/index.js';
import { measure, processorRatio } from './measure.js';
import { type Row, time, times } from './rows.js';

/** Regions and boxes as a detector of two images of 512 pixels has them. */
export function visionKernels(): Row[] {
  return [...roiAlignRows(), ...suppressionRows(), pasteRow()];
}

/** 512 regions of each image, read from maps with channels last, as Swin hands them over. */
function roiAlignRows(): Row[] {
  const generator = new Generator(0);
  const strides = [4, 8, 16, 32];
  const maps = strides.map((stride) => {
    const side = 512 / stride;
    return channelsLast(rand([2, side, side, 256], { generator }));
  });
  const corners = rand([1024, 2], { generator }).mul(496);
  const ends = corners.add(rand([1024, 2], { generator }).mul(200).add(16)).clamp({ max: 512 });
  const image = randint(0, 2, [1024, 1], { generator });
  const rois = cat([image, corners, ends], { dim: 1 });
  const logs = ends.sub(corners).log().sum(1).div(2).sub(Math.log(56)).div(Math.LN2);
  const levels = logs.floor().clamp({ min: 0, max: 3 }).to('i64');
  return [7, 14].flatMap((side) => {
    const options = { bins: [side, side], strides, levels } as const;
    const result = 1024 * 256 * side * side;
    const forward = () => scope(() => void roiAlign(maps, rois, options));
    const moved = () => readAndWrite(maps, [result]);
    const leaves = maps.map((map) => map.detach());
    for (const leaf of leaves) leaf.requiresGrad = true;
    const slopes = channelsLast(rand([1024, side, side, 256], { generator }));
    const both = () => scope(() => void gradients(roiAlign(leaves, rois, options), leaves, slopes));
    const sizes = maps.map(({ elements }) => elements);
    const movedTwice = () => readAndWrite([...maps, slopes], [result, ...sizes]);
    return [
      time(`RoIAlign of 1024 regions to ${side} x ${side}`, 'ms', measure(15, 1, forward)),
      times('  it / reading its maps, writing its result', processorRatio(15, forward, moved)),
      time('  with its gradient', 'ms', measure(15, 1, both)),
      times('  it / reading and writing as much', processorRatio(15, both, movedTwice)),
    ];
  });
}

/** @param maps channels last */
function readAndWrite(maps: readonly Tensor[], sizes: readonly number[]): void {
  scope(() => {
    for (const map of maps) map.permute([0, 2, 3, 1]).flatten().sum();
    for (const size of sizes) zeros([size]);
  });
}

/** @param map [batch, height, width, channels] */
function channelsLast(map: Tensor): Tensor {
  return map.permute([0, 3, 1, 2]);
}

/** Boxes of up to 100 pixels in a picture of 1000. */
function suppressionRows(): Row[] {
  const generator = new Generator(1);
  const corners = rand([20000, 2], { generator }).mul(1000);
  const sizes = rand([20000, 2], { generator }).mul(100);
  const boxes = cat([corners, corners.add(sizes)], { dim: 1 });
  const scores = rand([20000], { generator });
  const [some, their] = [boxes.slice({ end: 2000 }), scores.slice({ end: 2000 })];
  const hard = () => scope(() => void nms(boxes, scores, { threshold: 0.5 }));
  const soft = () => scope(() => void softNms(some, their));
  return [
    time('NMS of 20,000 boxes', 'ms', measure(9, 1, hard)),
    time('soft-NMS of 2000 boxes', 'ms', measure(9, 1, soft)),
  ];
}

function pasteRow(): Row {
  const generator = new Generator(2);
  const masks = rand([100, 28, 28], { generator });
  const corners = rand([100, 2], { generator }).mul(400);
  const boxes = cat([corners, corners.add(rand([100, 2], { generator }).mul(400))], { dim: 1 });
  const size = { height: 800, width: 1333, threshold: 0.5 };
  const pasted = measure(9, 1, () => scope(() => void pasteMasks(masks, boxes, size)));
  return time('pasting 100 masks into 1333 x 800', 'ms', pasted);
}
