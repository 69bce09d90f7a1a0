import { Generator, noGrad, randn, scope, type Tensor, tensor } from '@um-mae/torch';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import type { Backbone } from '../backbones/backbone.js';
import { buildBackbone } from '../backbones/build.js';
import { backbonePresets } from '../backbones/families.js';
import { patchify } from '../backbones/parts/grid/patches.js';
import { compactOrder } from '../masking/compact.js';
import { takeUnits, unitPositions, unitsToPatches } from '../objectives/units.js';
import { choosePooling, pooledFeatures, poolMaps, viewMultiple } from './pooling.js';

const image = { height: 64, width: 96 };
const backbones = [
  backbonePresets['swin-micro'],
  { ...backbonePresets['pvt-tiny'], channels: [8, 16, 40, 64], patch: 2 },
  { ...backbonePresets['vit-small'], depth: 2, channels: 24, heads: 2, patch: 8 },
] as const;
const images = randn([2, 3, image.height, image.width], { generator: new Generator(2) });

/** Features of one masked image as pre-training makes them: one unit visible in every cell. */
function compactFeatures(backbone: Backbone, unit: number, corner: number): Tensor {
  const grid = { rows: image.height / unit, columns: image.width / unit };
  const visible = Array.from({ length: grid.rows * grid.columns }, (_, i) => {
    const [row, column] = [Math.floor(i / grid.columns), i % grid.columns];
    return 2 * (row % 2) + (column % 2) === corner;
  });
  const both = tensor([visible, visible], { dtype: 'bool' });
  const order = compactOrder(both, grid, [2, 2]);
  const units = { rows: grid.rows / 2, columns: grid.columns / 2, side: unit / backbone.patch };
  const { maps } = backbone.forward({
    pixels: unitsToPatches(takeUnits(patchify(images, unit), order), units),
    positions: unitPositions(order, units, grid),
  });
  return (maps.at(-1) as Tensor).mean([1, 2]);
}

describe.each(backbones)('pooledFeatures of $kind', (options) => {
  const backbone = buildBackbone(options, image, { generator: new Generator(1) }).eval();

  test('is the mean over the places of a map', () => {
    scope(() =>
      noGrad(() => {
        const map = backbone.features(images)[0] as Tensor;
        const [batch, height, width, channels] = map.sizes(4);
        const means = map.view([batch, height * width, channels]).mean([1]);
        const found = pooledFeatures(backbone, images, { stages: [0], pooling: 'mean' });
        expectClose(found, means, { atol: 1e-6 });
      }),
    );
  });

  test('averages the four grids of pre-training in the compact view', () => {
    scope(() =>
      noGrad(() => {
        const grids = [0, 1, 2, 3].map((corner) =>
          compactFeatures(backbone, backbone.unit, corner),
        );
        const mean = grids.reduce((sum, next) => sum.add(next)).div(4);
        const stages = [backbone.channels.length - 1];
        const options = { stages, pooling: 'mean' } as const;
        const compact = pooledFeatures(backbone, images, { ...options, view: 'compact' });
        expectClose(compact, mean, { atol: 1e-6 });
        const full = pooledFeatures(backbone, images, options);
        expect(compact.sub(full).abs().amax().number()).toBeGreaterThan(1e-3);
      }),
    );
  });

  test('needs images of whole cells in the compact view', () => {
    expect(viewMultiple(backbone, 'compact')).toBe(2 * viewMultiple(backbone, 'full'));
  });
});

describe('poolMaps', () => {
  test('joins the means and deviations of each stage, in the order of the stages', () => {
    // Two channels of 1 x 4 places, and one channel of one place.
    const first = tensor([
      [
        [
          [1, 5],
          [3, 5],
          [5, 5],
          [7, 5],
        ],
      ],
    ]);
    const second = tensor([[[[9]]]]);
    const of = (stages: readonly number[], pooling: 'mean' | 'mean-and-deviation') =>
      poolMaps([first, second], { stages, pooling });
    expectClose(of([1, 0], 'mean'), tensor([[9, 4, 5]]), { atol: 0 });
    // The squares of -3, -1, 1, 3 have the mean 5.
    const expected = tensor([[9, 0, 4, 5, Math.sqrt(5), 0]]);
    expectClose(of([1, 0], 'mean-and-deviation'), expected, { atol: 1e-6 });
  });

  test('tells small deviations of large numbers', () => {
    const map = tensor([4096, 4097, 4098, 4099]).view([1, 2, 2, 1]);
    const pooled = poolMaps([map], { stages: [0], pooling: 'mean-and-deviation' });
    expectClose(pooled, tensor([[4097.5, Math.sqrt(1.25)]]), { atol: 1e-6 });
  });
});

test.each([
  [[8, 16, 32, 64], { stages: [0, 1, 2, 3], pooling: 'mean-and-deviation', view: 'full' }],
  [[24], { stages: [0], pooling: 'mean-and-deviation', view: 'full' }],
])('choosePooling of stages of %j takes them all', (channels, expected) => {
  expect(choosePooling(channels)).toEqual(expected);
  expect(choosePooling(channels, { stages: [0], pooling: 'mean', view: 'compact' })).toEqual({
    stages: [0],
    pooling: 'mean',
    view: 'compact',
  });
});
