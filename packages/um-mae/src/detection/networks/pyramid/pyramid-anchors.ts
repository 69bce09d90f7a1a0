/** The anchors of all levels of a pyramid. */
import { cat, type Tensor, zeros } from '@um-mae/torch';
import { at } from '../../../at.js';
import { type AnchorGrid, baseAnchors, gridAnchors, validAnchors } from '../../boxes/anchors.js';
import type { PictureSize } from '../../boxes/corners.js';

/** Anchors of levels one after the other, in the order row, column, anchor. */
export interface PyramidAnchors {
  readonly grids: readonly AnchorGrid[];
  /** Anchors of one place. */
  readonly ofPlace: number;
  /** [anchors, 4] */
  readonly boxes: Tensor;
  /** [anchors]: pixels between places of each anchor's level */
  readonly strides: Tensor;
  /** [anchors] i64: the level of each anchor */
  readonly levels: Tensor;
}

/** Roots of the areas of anchors, in strides of their levels, as published. */
const publishedScale = 8;

/** The anchors of each place of a pyramid. */
export interface AnchorShapes {
  /** Pixels between the places of each level, from the finest to the coarsest. */
  readonly strides: readonly number[];
  /** Heights over widths of the anchors of a place. */
  readonly ratios: readonly number[];
  /** The root of the area of an anchor, in strides of its level. Default 8. */
  readonly scale?: number | undefined;
}

/** @param maps one of each level, [batch, channels, height, width] */
export function pyramidAnchors(
  maps: readonly Tensor[],
  { strides, ratios, scale = publishedScale }: AnchorShapes,
): PyramidAnchors {
  const grids = maps.map((map, level): AnchorGrid => {
    const [, , rows, columns] = map.sizes(4);
    const stride = at(strides, level);
    return { rows, columns, stride: [stride, stride] };
  });
  const boxes = grids.map((grid) => {
    const base = baseAnchors({ sizes: [scale * grid.stride[0]], ratios });
    return gridAnchors(base, grid);
  });
  const each = (value: (level: number) => number) =>
    cat(grids.map((grid, i) => zeros([anchorsOf(grid, ratios.length)]).add(value(i))));
  const { device } = at(maps, 0);
  return {
    grids,
    ofPlace: ratios.length,
    boxes: cat(boxes).to(device),
    strides: each((level) => at(strides, level)).to(device),
    levels: each((level) => level)
      .to('i64')
      .to(device),
  };
}

/** The number of anchors of a level. */
export function anchorsOf({ rows, columns }: AnchorGrid, ofPlace: number): number {
  return rows * columns * ofPlace;
}

/** Marks, for each level, the anchors that an image reaches with its own padding. */
export function validByLevel({ grids, ofPlace }: PyramidAnchors, padded: PictureSize): Tensor[] {
  return grids.map((grid) => validAnchors(grid, padded, ofPlace));
}

/**
 * Maps of all levels as rows of anchors, in their order.
 *
 * @param maps    [batch, ofPlace * values, height, width] each
 * @param ofPlace anchors of one place
 * @returns       [batch, anchors, values]
 */
export function anchorRows(maps: readonly Tensor[], ofPlace: number): Tensor {
  return cat(
    maps.map((map) => {
      const [batch, channels, height, width] = map.sizes(4);
      const rows = map.permute([0, 2, 3, 1]);
      return rows.reshape([batch, height * width * ofPlace, channels / ofPlace]);
    }),
    { dim: 1 },
  );
}
