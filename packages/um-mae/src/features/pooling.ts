/** One vector per image: feature maps, pooled over all places. */
import { arange, cat, type Tensor } from '@um-mae/torch';
import { at } from '../at.js';
import type { Backbone } from '../backbones/backbone.js';
import { fullGrid, type PatchGrid } from '../backbones/parts/grid/patch-grid.js';
import { patchify } from '../backbones/parts/grid/patches.js';
import { placeStatistics } from '../backbones/place-statistics.js';
import {
  defaultPooledStages,
  type PooledStages,
  type Pooling,
} from '../backbones/pooled-stages.js';
import { UmMaeError } from '../errors.js';
import { takeUnits, unitPositions, unitsToPatches } from '../objectives/units.js';

/**
 * The input of the backbone: the `full` grid of patches, or four `compact` ones, each made of the
 * same corner of every 2x2 cell of units, as in uniform masking. The features of the four are
 * averaged.
 */
export type View = 'full' | 'compact';

export interface PoolingOptions {
  /** Stages whose vectors are joined, counted from 0. Default: all. */
  readonly stages?: readonly number[] | undefined;
  /** The numbers that stand for a map. Default `mean-and-deviation`. */
  readonly pooling?: Pooling | undefined;
  /** Default `full`. */
  readonly view?: View | undefined;
}

/** The way from an image of the size that an encoder takes to its vector. */
export interface ChosenPooling extends PooledStages {
  readonly view: View;
}

/**
 * Fills in what is left out; every vector of a frozen backbone is made by these defaults.
 *
 * @param channels of each stage
 * @throws UmMaeError when there is no such stage
 */
export function choosePooling(
  channels: readonly number[],
  { stages, pooling, view = 'full' }: PoolingOptions = {},
): ChosenPooling {
  const usual = defaultPooledStages(channels);
  const chosen = stages ?? usual.stages;
  const wrong = chosen.find((stage) => channels[stage] === undefined);
  if (wrong !== undefined || chosen.length === 0) {
    throw new UmMaeError(
      'stage',
      `Expected stages out of 0 to ${channels.length - 1} but got ${wrong ?? 'none'}.`,
    );
  }
  return { stages: chosen, pooling: pooling ?? usual.pooling, view };
}

/** Pixels that the sides of an image have to be multiples of. */
export function viewMultiple(backbone: Backbone, view: View): number {
  const stride = Math.max(...backbone.strides);
  return view === 'compact' ? 2 * stride : stride;
}

/**
 * @param images f32 [batch, 3, height, width], normalised
 * @returns [batch, `pooledChannels`]
 */
export function pooledFeatures(
  backbone: Backbone,
  images: Tensor,
  options: PoolingOptions = {},
): Tensor {
  const { view, ...pooled } = choosePooling(backbone.channels, options);
  const grids =
    view === 'full' ? [fullGrid(images, backbone.patch)] : compactGrids(backbone, images);
  const vectors = grids.map((grid) => poolMaps(backbone.forward(grid).maps, pooled));
  return vectors.reduce((sum, next) => sum.add(next)).div(vectors.length);
}

/**
 * Maps [batch, height, width, channels] to [batch, `pooledChannels`]: of each stage the means, and
 * behind them the deviations where they are wanted.
 */
export function poolMaps(maps: readonly Tensor[], { stages, pooling }: PooledStages): Tensor {
  const parts = stages.flatMap((stage) => {
    const map = at(maps, stage);
    return pooling === 'mean' ? [map.mean([1, 2])] : placeStatistics(map);
  });
  return cat(parts, { dim: 1 });
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
