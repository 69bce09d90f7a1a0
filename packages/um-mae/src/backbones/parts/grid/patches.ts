/** Images as vectors of pixels, one per square patch, and back. */
import { ShapeError, type Tensor } from '@um-mae/torch';

/**
 * @param images [batch, 3, height, width], of sides that `side` divides
 * @param side of the patches, in pixels
 * @returns [batch, patches, side * side * 3], patches in raster order, values as row, column,
 *   colour
 */
export function patchify(images: Tensor, side: number): Tensor {
  const [batch, colours, height, width] = images.sizes(4);
  if (height % side !== 0 || width % side !== 0) {
    throw new ShapeError('images', `[batch, 3, n * ${side}, m * ${side}]`, images.shape);
  }
  return images
    .view([batch, colours, height / side, side, width / side, side])
    .permute([0, 2, 4, 3, 5, 1])
    .reshape([batch, (height / side) * (width / side), side * side * colours]);
}

/** Undoes `patchify`: [batch, patches, side * side * 3] -> [batch, 3, height, width] */
export function unpatchify(
  patches: Tensor,
  { height, width }: { readonly height: number; readonly width: number },
): Tensor {
  const [batch, , values] = patches.sizes(3);
  const side = Math.sqrt(values / 3);
  return patches
    .view([batch, height / side, width / side, side, side, 3])
    .permute([0, 5, 1, 3, 2, 4])
    .reshape([batch, 3, height, width]);
}
