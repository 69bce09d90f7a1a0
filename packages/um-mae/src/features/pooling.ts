/** One vector per image: the mean of feature maps over all places. */
import { ok as assert } from 'node:assert';
import { arange, cat, type Tensor } from '@um-mae/torch';
import type { Backbone } from '../backbones/backbone.js';
import { fullGrid, type PatchGrid } from '../backbones/parts/patch-grid.js';
import { patchify } from '../backbones/parts/patches.js';
import { takeUnits, unitPositions, unitsToPatches } from '../objectives/units.js';

/**
 * The input of the backbone: the `full` grid of patches, or four `compact` ones, each made of the
 * same corner of every 2x2 cell of units, as in uniform masking. The features of the four are
 * averaged.
 */
export type View = 'full' | 'compact';

export interface PoolingOptions {
  /** Stages whose means are joined, counted from 0. Default: the last one. */
  readonly stages?: readonly number[] | undefined;
  /** Default `full`. */
  readonly view?: View | undefined;
}

/** Pixels that the sides of an image have to be multiples of. */
export function viewMultiple(backbone: Backbone, view: View): number {
  const stride = Math.max(...backbone.strides);
  return view === 'compact' ? 2 * stride : stride;
}

/**
 * @param images f32 [batch, 3, height, width], normalised
 * @returns [batch, channels of all `stages` together]
 */
export function pooledFeatures(
  backbone: Backbone,
  images: Tensor,
  { stages = [backbone.channels.length - 1], view = 'full' }: PoolingOptions = {},
): Tensor {
  const grids =
    view === 'full' ? [fullGrid(images, backbone.patch)] : compactGrids(backbone, images);
  const pooled = grids.map((grid) => poolMaps(backbone.forward(grid).maps, stages));
  return pooled.reduce((sum, next) => sum.add(next)).div(pooled.length);
}

/** Maps [batch, height, width, channels] to [batch, channels of all `stages` together]. */
export function poolMaps(maps: readonly Tensor[], stages: readonly number[]): Tensor {
  const means = stages.map((stage) => {
    const map = maps[stage];
    assert(map, `Expected stages out of 0 to ${maps.length - 1} but got ${stage}.`);
    return map.mean([1, 2]);
  });
  return cat(means, { dim: 1 });
}

/** The grid of each corner: top left, top right, bottom left, bottom right. */
function compactGrids(backbone: Backbone, images: Tensor): PatchGrid[] {
  const [batch, , height, width] = images.sizes(4);
  const { patch, unit } = backbone;
  const full = { rows: height / unit, columns: width / unit };
  const compact = { rows: full.rows / 2, columns: full.columns / 2, side: unit / patch };
  const units = patchify(images, unit);
  const index = { dtype: 'i64', device: images.device } as const;
  return [0, 1, 2, 3].map((corner) => {
    const row = arange(0, compact.rows, index)
      .mul(2)
      .add(corner >> 1);
    const column = arange(0, compact.columns, index)
      .mul(2)
      .add(corner & 1);
    const order = row.unsqueeze(1).mul(full.columns).add(column).view([1, -1]);
    const seen = takeUnits(units, order.expand([batch, order.elements]));
    return {
      pixels: unitsToPatches(seen, compact),
      positions: unitPositions(order, compact, full),
    };
  });
}
