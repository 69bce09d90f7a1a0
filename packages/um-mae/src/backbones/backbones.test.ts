import { cat, conv2d, Generator, noGrad, randn, type Tensor, tensor } from '@um-mae/torch';
import { LayerNorm, type Module, observing } from '@um-mae/torch/nn';
import { expectClose, gradcheck } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import { publishedTensors } from '../parity/published/published-files.js';
import { buildBackbone } from './build.js';
import { type BackboneOptions, backbonePresets } from './families.js';
import { TransformerBlock } from './parts/blocks/transformer-block.js';
import { PatchEmbedding } from './parts/grid/patch-embedding.js';
import { fullPositions } from './parts/grid/patch-grid.js';
import { patchify, unpatchify } from './parts/grid/patches.js';
import { regions, toGrid, toWindows, windowing } from './parts/grid/windows.js';
import { sineCosinePositions } from './parts/positions/sine-cosine-positions.js';
import {
  PositionMlp,
  type PositionPairs,
  positionBias,
  positionPairs,
} from './swin/position-bias.js';
import { Swin } from './swin/swin.js';
import { SwinBlock } from './swin/swin-block.js';
import { pvt, swin, vit } from './testing/small-backbones.js';

const generator = new Generator(3);
const micro = backbonePresets['swin-micro'];

function get(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const found = tensors.get(name);
  expect(found, name).toBeDefined();
  return found as Tensor;
}

/** Counts the distinct numbers in row `i`. */
function distinct(x: Tensor | undefined, i: number): number {
  return new Set(Array.from(x?.at(i).to('f64').toArray() ?? [], Number)).size;
}

describe('patchify', () => {
  test('lists patches in raster order, values by row, column and colour', () => {
    const images = tensor(
      Float32Array.from({ length: 3 * 2 * 4 }, (_, i) => i),
      {
        shape: [1, 3, 2, 4],
      },
    );
    expectClose(
      patchify(images, 2),
      [
        [
          [0, 8, 16, 1, 9, 17, 4, 12, 20, 5, 13, 21],
          [2, 10, 18, 3, 11, 19, 6, 14, 22, 7, 15, 23],
        ],
      ],
      { atol: 0 },
    );
  });

  test('comes back from unpatchify on images that are not square', () => {
    const images = randn([2, 3, 8, 24], { generator });
    expectClose(unpatchify(patchify(images, 4), { height: 8, width: 24 }), images, { atol: 0 });
  });

  test('rejects sides that patches do not divide', () => {
    expect(() => patchify(randn([1, 3, 10, 8]), 4)).toThrow(
      'Expected images of shape [batch, 3, n * 4, m * 4] but got [1, 3, 10, 8].',
    );
  });

  test('equals the published patches', () => {
    const tensors = publishedTensors('util/patchify.safetensors');
    for (const [size, side] of [
      ['48_16', 16],
      ['32_8', 8],
    ] as const) {
      const images = get(tensors, `images_${size}`);
      expectClose(patchify(images, side), get(tensors, `patches_${size}`), { atol: 0 });
    }
  });
});

describe('PatchEmbedding', () => {
  test('gives the numbers of the convolution', () => {
    const embedding = new PatchEmbedding({
      channels: 5,
      patch: 4,
      bias: 'uniform',
      generator,
    });
    const images = randn([2, 3, 8, 12], { generator });
    const { weight, bias } = embedding.proj;
    const convolved = conv2d(images, weight, { bias, stride: 4 }).permute([0, 2, 3, 1]);
    const pixels = patchify(images, 4).view([2, 2, 3, 48]);
    expectClose(embedding.forward({ pixels }), convolved, { atol: 1e-5 });
  });
});

describe('sineCosinePositions', () => {
  test.each([
    ['dim32_grid4', 32, 4],
    ['dim16_grid8', 16, 8],
  ])('equals the published table %s', (name, channels, side) => {
    const table = sineCosinePositions({ rows: side, columns: side }, channels);
    const theirs = get(publishedTensors('util/sincos.safetensors'), `${name}.float32`);
    expectClose(table.at(0), theirs, { atol: 1e-7 });
  });
});

describe('windows', () => {
  test.each([
    [8, 8, 4, false],
    [8, 8, 4, true],
    [6, 9, 3, true],
    [6, 10, 4, true],
    [4, 10, 8, true],
  ])('of a %dx%d grid, side %d, come back (shifted: %s)', (height, width, window, shifted) => {
    const x = randn([2, height, width, 3], { generator });
    const layout = windowing([height, width], window, shifted);
    expectClose(toGrid(toWindows(x, layout), layout), x, { atol: 0 });
  });

  test('never shift where one window spans the smaller side', () => {
    expect(windowing([4, 8], 4, true)).toEqual({ height: 4, width: 8, window: 4, shift: 0 });
    expect(windowing([2, 2], 4, true)).toEqual({ height: 2, width: 2, window: 2, shift: 0 });
    expect(windowing([8, 8], 4, true).shift).toBe(2);
  });

  test('have one region each unless shifted or padded', () => {
    expect(regions(windowing([8, 8], 4, false), 'cpu')).toBeUndefined();
    const shifted = regions(windowing([8, 8], 4, true), 'cpu');
    // Of four windows the first is whole, the second and third are cut in two, the last in four.
    const count = [0, 1, 2, 3].map((i) => distinct(shifted, i));
    expect(count).toEqual([1, 2, 2, 4]);
    const padded = regions(windowing([4, 6], 4, false), 'cpu');
    expect([0, 1].map((i) => distinct(padded, i))).toEqual([1, 2]);
  });
});

describe('positionBias', () => {
  const mlp = new PositionMlp(6, 2, generator);
  const biasOf = (pairs: PositionPairs) => positionBias(mlp.table(pairs), pairs);

  /** The definition: the MLP on every pair. */
  function direct(row: Tensor, column: Tensor): Tensor {
    const squash = (x: Tensor) => {
      const difference = x.unsqueeze(1).sub(x.unsqueeze(2)).to('f32');
      return difference.sign().mul(difference.abs().log1p());
    };
    const pairs = [squash(row), squash(column)].map((x) => x.unsqueeze(1));
    return mlp.forward(cat(pairs, { dim: 1 }));
  }

  test('equals the MLP on the difference of every pair', () => {
    const positions = fullPositions(8, 12, 'cpu');
    const layout = windowing([8, 12], 4, false);
    const bias = biasOf(positionPairs({ positions, scale: 1 }, layout));
    const near = direct(toWindows(positions.row, layout), toWindows(positions.column, layout));
    expectClose(bias, near, { atol: 1e-5 });
  });

  test('lowers separated pairs by 100', () => {
    const positions = fullPositions(8, 8, 'cpu');
    const layout = windowing([8, 8], 4, true);
    const near = direct(toWindows(positions.row, layout), toWindows(positions.column, layout));
    const lowered = biasOf(positionPairs({ positions, scale: 1 }, layout))
      .sub(near)
      .round();
    expect(distinct(lowered.add(0), 0)).toBe(1);
    expect(distinct(lowered.add(0), 1)).toBe(2);
    expect(lowered.at(1).amin().number()).toBe(-100);
  });
});

describe('Swin', () => {
  const swin = new Swin(micro, { generator });
  const images = randn([2, 3, 64, 96], { generator });

  test('tells strides and channels of its feature maps', () => {
    const shapes = noGrad(() => swin.features(images)).map((map) => map.shape);
    expect(swin.strides).toEqual([2, 4, 8, 16]);
    expect(swin.channels).toEqual([32, 64, 128, 256]);
    expect(shapes).toEqual(
      swin.strides.map((stride, i) => [2, 64 / stride, 96 / stride, swin.channels[i]]),
    );
  });

  test('treats the images of a batch apart', () => {
    const [both, alone] = noGrad(() => [
      swin.features(images),
      swin.features(images.narrow(0, 1, 1)),
    ]);
    for (const [i, map] of alone?.entries() ?? []) {
      expectClose(both?.[i]?.narrow(0, 1, 1) as Tensor, map, { atol: 2e-5 });
    }
  });

  test.each([
    [false, 16],
    [true, 16],
  ])('attends only inside a window (shifted: %s)', (shifted, cells) => {
    const block = new SwinBlock({
      channels: 32,
      heads: 1,
      positionChannels: 4,
      mlpRatio: 4,
      epsilon: 1e-6,
      channelsBefore: undefined,
      generator,
    });
    const windows = windowing([8, 8], 4, shifted);
    const pairs = positionPairs({ positions: fullPositions(8, 8, 'cpu'), scale: 1 }, windows);
    const touched = noGrad(() => {
      const x = randn([1, 8, 8, 32], { generator });
      const moved = x.clone();
      moved.put([0, 3, 3], randn([32], { generator }));
      const difference = block
        .forward(moved, { windows, pairs })
        .sub(block.forward(x, { windows, pairs }));
      return difference
        .abs()
        .amax({ dim: [0, 3] })
        .gt(1e-4)
        .to('f32')
        .sum()
        .number();
    });
    expect(touched).toBe(cells);
  });
});

describe('the epsilon of LayerNorm', () => {
  /** The epsilons of the norms whose paths match. */
  function epsilonsOf(options: BackboneOptions, path: RegExp): number[] {
    const backbone = buildBackbone(options, { height: 64, width: 64 }, { generator });
    const found = new Set<number>();
    observing(
      backbone,
      (call) => {
        if (call.module instanceof LayerNorm && path.test(call.path))
          found.add(call.module.epsilon);
      },
      () => backbone.features(randn([1, 3, 64, 64], { generator })),
    );
    return [...found];
  }

  test.each([
    ['Swin', swin, /^norm$|patch_embed|downsample/, /blocks\.\d+\.norm/],
    ['PVT', pvt, /^norm$/, /blocks\.\d+\.(norm|attn\.norm)/],
  ])('is an option of a %s, but in the norms of its blocks', (_, options, own, fixed) => {
    expect(epsilonsOf(options, own)).toEqual([1e-6]);
    expect(epsilonsOf({ ...options, epsilon: 0.1 }, own)).toEqual([0.1]);
    expect(epsilonsOf({ ...options, epsilon: 0.1 }, fixed)).toEqual([1e-5]);
  });

  test('is an option of a ViT in all of its norms', () => {
    expect(epsilonsOf(vit, /norm/)).toEqual([1e-6]);
    expect(epsilonsOf({ ...vit, epsilon: 0.1 }, /norm/)).toEqual([0.1]);
  });
});

describe('gradients in float64', () => {
  /** Checks the gradients of the input and of every parameter, away from the kink of ReLU at 0. */
  function check(module: Module, run: (x: Tensor) => Tensor, x: Tensor): void {
    const parameters = [...module.namedParameters().values()];
    noGrad(() => {
      for (const each of parameters)
        each.add_(randn(each.shape, { generator, dtype: 'f64' }), { alpha: 0.1 });
    });
    gradcheck((input) => run(input), [x, ...parameters]);
  }

  test('of a transformer block', () => {
    const block = new TransformerBlock({
      channels: 4,
      heads: 2,
      mlpRatio: 4,
      epsilon: 1e-6,
      generator,
    }).to('f64');
    check(block, (x) => block.forward(x), randn([2, 3, 4], { generator, dtype: 'f64' }));
  });

  test('of a shifted Swin block with its downsampling', () => {
    const block = new SwinBlock({
      channels: 4,
      heads: 2,
      positionChannels: 3,
      mlpRatio: 4,
      epsilon: 1e-6,
      channelsBefore: 2,
      generator,
    }).to('f64');
    const windows = windowing([4, 4], 2, true);
    const pairs = positionPairs({ positions: fullPositions(4, 4, 'cpu'), scale: 1 }, windows);
    const x = randn([1, 8, 8, 2], { generator, dtype: 'f64' });
    check(block, (input) => block.forward(input, { windows, pairs }), x);
  });

  test('of the patch embedding with hidden patches', () => {
    const embedding = new PatchEmbedding({
      channels: 3,
      patch: 1,
      normEpsilon: 1e-6,
      bias: 'zero',
      generator,
    }).to('f64');
    const where = tensor([[[[true], [false]]]]);
    const token = randn([3], { generator, dtype: 'f64' });
    gradcheck(
      (pixels, token) => embedding.forward({ pixels, replaced: { where, token, normed: true } }),
      [randn([1, 1, 2, 3], { generator, dtype: 'f64' }), token],
    );
  });
});
