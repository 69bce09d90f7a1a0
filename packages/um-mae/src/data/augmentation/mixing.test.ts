import { Generator, linspace, randn, type Tensor, tensor } from '@um-mae/torch';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import { publishedTensors, publishedText } from '../../parity/published/published-files.js';
import { seededRandom } from '../../random.js';
import { drawMixing, type Mixing, mixImages, pasteAround, softTargets } from './mixing.js';

const options = { mixup: 0.8, cutmix: 1 };
const batch = { images: 4, height: 9, width: 7 };

/** Draws `first`, then as `seededRandom` does. */
function random(...first: number[]) {
  const rest = seededRandom(0);
  return () => first.shift() ?? rest();
}

/** Many mixings with other seeds. */
const manyDraws = (changes = {}) =>
  Array.from({ length: 2000 }, (_, seed) =>
    drawMixing({ ...options, ...changes }, batch, seededRandom(seed)),
  );

describe('drawMixing', () => {
  test('depends on the random numbers alone', () => {
    expect(drawMixing(options, batch, seededRandom(5))).toEqual(
      drawMixing(options, batch, seededRandom(5)),
    );
  });

  test('chooses cutmix below the switch probability, mixup at it', () => {
    expect(drawMixing(options, batch, random(0, 0.4999)).box).toBeDefined();
    expect(drawMixing(options, batch, random(0, 0.5)).box).toBeUndefined();
  });

  test('mixes a share of the batches', () => {
    const mixed = manyDraws({ probability: 0.3 }).filter(({ lambda }) => lambda < 1);
    expect(Math.abs(mixed.length - 600)).toBeLessThan(100);
    expect(manyDraws({ probability: 0 })).toEqual(Array(2000).fill({ lambda: 1 }));
  });

  test('does only what is on', () => {
    expect(manyDraws({ cutmix: 0 }).some(({ box }) => box)).toBe(false);
    expect(manyDraws({ mixup: 0 }).every(({ box }) => box)).toBe(true);
    expect(drawMixing({ mixup: 0, cutmix: 0 }, batch, seededRandom(1))).toEqual({ lambda: 1 });
  });

  test('keeps boxes inside the image and tells their true share', () => {
    const boxes = manyDraws({ mixup: 0 }) as Required<Mixing>[];
    for (const { lambda, box } of boxes) {
      expect(Math.min(box.top, box.left, box.height, box.width)).toBeGreaterThanOrEqual(0);
      expect(box.top + box.height).toBeLessThanOrEqual(9);
      expect(box.left + box.width).toBeLessThanOrEqual(7);
      expect(lambda).toBeCloseTo(1 - (box.height * box.width) / 63, 12);
    }
  });
});

describe('pasteAround', () => {
  test('loses a pixel of an odd side', () => {
    const centre = { row: 4, column: 3 };
    expect(pasteAround(centre, 0, { height: 9, width: 7 })).toEqual({
      lambda: 1 - 48 / 63,
      box: { top: 0, left: 0, height: 8, width: 6 },
    });
  });
});

describe('mixImages', () => {
  const numbered = (images: number) =>
    linspace(0, images - 1, images)
      .reshape([images, 1, 1, 1])
      .expand([images, 1, 3, 5]);

  test('blends with the image as far from the other end', () => {
    const mixed = mixImages(numbered(4), { lambda: 0.75 });
    expectClose(mixed.at(':', 0, 0, 0), [0.75, 1.25, 1.75, 2.25], { atol: 1e-6 });
  });

  test('pastes a rectangle and leaves the rest', () => {
    const box = { top: 1, left: 2, height: 2, width: 3 };
    const mixed = mixImages(numbered(2), { lambda: 0.6, box });
    expectClose(
      mixed.at(0, 0),
      [
        [0, 0, 0, 0, 0],
        [0, 0, 1, 1, 1],
        [0, 0, 1, 1, 1],
      ],
      { atol: 0 },
    );
  });

  test('leaves its input alone, the middle of an odd batch, and a batch of one', () => {
    for (const mixing of [{ lambda: 0.5 }, pasteAround({ row: 1, column: 1 }, 0.3, batch)]) {
      for (const [images, middle] of [
        [3, 1],
        [1, 0],
      ] as const) {
        const input = randn([images, 1, 9, 7], { generator: new Generator(1) });
        const before = input.clone();
        const mixed = mixImages(input, mixing);
        expectClose(mixed.at(middle), input.at(middle), { atol: 1e-6 });
        expectClose(input, before, { atol: 0 });
      }
    }
  });

  test('rejects anything but a batch of images', () => {
    expect(() => mixImages(randn([3, 4, 4]), { lambda: 0.5 })).toThrow('with 4 dimensions');
  });
});

describe('softTargets', () => {
  const labels = tensor([2, 0, 1], { dtype: 'i64' });

  test('are one-hot without smoothing and mixing', () => {
    const targets = softTargets(labels, { classes: 3, smoothing: 0 });
    expectClose(
      targets,
      [
        [0, 0, 1],
        [1, 0, 0],
        [0, 1, 0],
      ],
      { atol: 0 },
    );
  });

  test('sum to 1, and an own label in the middle of an odd batch counts whole', () => {
    const mixing = { lambda: 0.3 };
    const targets = softTargets(labels, { classes: 5, smoothing: 0.1, mixing });
    expectClose(targets.sum(-1), [1, 1, 1], { atol: 1e-6 });
    expectClose(targets.at(1), [0.92, 0.02, 0.02, 0.02, 0.02], { atol: 1e-6 });
    expectClose(targets.at(0), [0.02, 0.65, 0.29, 0.02, 0.02], { atol: 1e-6 });
  });
});

describe('mixing as published', () => {
  const { mixup_cutmix: fixture } = JSON.parse(publishedText('util/case.json'));
  const tensors = publishedTensors('util/mixing.safetensors');
  const get = (name: string) => tensors.get(name) as Tensor;
  const cases = (fixture?.cases ?? []).filter(({ mode }: { mode: string }) => mode === 'batch');

  test('has cases', () => expect(cases).toHaveLength(6));

  for (const { name, label_smoothing: smoothing, draws, cutmix_boxes: boxes } of cases) {
    test(`equals ${name}`, () => {
      const [height = 0, width = 0] = get('images').shape.slice(2);
      const [beta] = draws.beta_draws;
      const [row, column] = draws.integer_draws;
      const isCut = drawMixing(options, batch, random(...draws.uniform_draws)).box !== undefined;
      expect(isCut).toBe(boxes.length > 0);

      const mixing = isCut
        ? pasteAround({ row, column }, beta, { height, width })
        : { lambda: beta };
      for (const {
        box_top_bottom_left_right: [top, bottom, left, right],
        ...box
      } of boxes) {
        expect(mixing).toEqual({
          lambda: box.corrected_lambda,
          box: { top, left, height: bottom - top, width: right - left },
        });
      }
      const classes = fixture.num_classes;
      const atol = fixture.tolerance;
      expectClose(mixImages(get('images'), mixing), get(`${name}.images`), { atol });
      const targets = softTargets(get('labels'), { classes, smoothing, mixing });
      expectClose(targets, get(`${name}.targets`), { atol });
    });
  }
});
