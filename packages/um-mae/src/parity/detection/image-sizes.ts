/** The pictures of a case. */
import { z } from 'zod';
import type { PictureSize } from '../../detection/boxes/corners.js';

const pair = z.tuple([z.number(), z.number()]);

/** Sizes as published, height first, but for the factors. */
export const caseImage = z.object({
  img_shape: pair,
  pad_shape: pair,
  ori_shape: pair.default([0, 0]),
  scale_factor_w_h: pair.default([1, 1]),
});

export function sizeOf([height, width]: readonly [number, number]): PictureSize {
  return { height, width };
}
