/**
 * Anchors: boxes of fixed sizes around every place of the maps of a pyramid.
 *
 * Source: Ren et al. 2015 (Faster R-CNN), arXiv:1506.01497, section 3.1.1.
 */
import { arange, meshgrid, stack, type Tensor, tensor } from '@um-mae/torch';

/** The anchors of one place of a map. */
export interface AnchorShapes {
  /** Roots of the areas, in pixels. */
  readonly sizes: readonly number[];
  /** Heights over widths. */
  readonly ratios: readonly number[];
  /** Whether sides are whole pixels, halves to even, as in torchvision. Default false. */
  readonly rounded?: boolean;
}

/** A map of a pyramid. */
export interface AnchorGrid {
  readonly rows: number;
  readonly columns: number;
  /** Pixels of the image between places, down and across. */
  readonly stride: readonly [down: number, across: number];
}

/** Anchors around (0, 0). @returns [ratios * sizes, 4]; sizes within a ratio */
export function baseAnchors({ sizes, ratios, rounded = false }: AnchorShapes): Tensor {
  const boxes = ratios.flatMap((ratio) =>
    sizes.map((size) => {
      const [width, height] = [size / Math.sqrt(ratio), size * Math.sqrt(ratio)];
      return [-width / 2, -height / 2, width / 2, height / 2];
    }),
  );
  const anchors = tensor(boxes, { dtype: 'f32' });
  return rounded ? anchors.round() : anchors;
}

/**
 * Anchors around every place, whose centres lie at multiples of the stride.
 *
 * @param base [anchors, 4]
 * @returns    [rows * columns * anchors, 4], in the order row, column, anchor
 */
export function gridAnchors(base: Tensor, { rows, columns, stride }: AnchorGrid): Tensor {
  const { device } = base;
  const [down, across] = stride;
  const y = arange(0, rows, { dtype: 'f32', device }).mul(down);
  const x = arange(0, columns, { dtype: 'f32', device }).mul(across);
  const [shiftY = y, shiftX = x] = meshgrid([y, x], 'ij');
  const shifts = stack([shiftX, shiftY, shiftX, shiftY], { dim: -1 });
  return shifts.view([-1, 1, 4]).add(base).view([-1, 4]);
}

/**
 * Marks the anchors of places that an image reaches with its own padding, not that of its batch.
 *
 * @param padded height and width of the image with its padding
 * @returns      bool [rows * columns * anchors]
 */
export function validAnchors(
  { rows, columns, stride: [down, across] }: AnchorGrid,
  padded: { readonly height: number; readonly width: number },
  anchors: number,
): Tensor {
  const isIn = (places: number, reached: number) => arange(0, places).lt(Math.min(reached, places));
  const inRows = isIn(rows, Math.ceil(padded.height / down)).unsqueeze(1);
  const inColumns = isIn(columns, Math.ceil(padded.width / across));
  return inRows
    .logicalAnd(inColumns)
    .view([-1, 1])
    .expand([rows * columns, anchors])
    .reshape([-1]);
}
