/** Targets of mask heads, and the pasting of their masks, in both definitions. */
import { pasteMasks } from '@um-mae/torch/vision';
import { z } from 'zod';
import { pasteGrown } from '../../../detection/masks/grown-paste.js';
import { maskShares, softMaskTargets } from '../../../detection/masks/targets.js';
import type { Comparison } from '../../comparison.js';
import type { Case } from '../../fixture.js';
import { openNumbers } from '../numbers.js';

const maskCase = z.object({
  mask_size: z.number(),
  image_size: z.tuple([z.number(), z.number()]),
});

export function runMaskCase(fixture: Case): Comparison[] {
  const { mask_size: side, image_size: size } = maskCase.parse(fixture.json);
  const numbers = openNumbers(fixture);
  const [bitmaps, rois] = [numbers.get('bitmaps.in'), numbers.get('rois.in')];
  const options = { side, objects: numbers.get('objects.in') };
  const shares = maskShares(bitmaps, rois, options);
  const [boxes, masks] = [numbers.get('paste.rois.in'), numbers.get('paste.probabilities.in')];
  const [height, width] = size;
  const grown = pasteGrown(masks, boxes, { height, width });
  return [
    numbers.compare('target.mmdet_soft', shares),
    numbers.compare('target.mmdet', shares.ge(0.5)),
    numbers.compare('target.torchvision', softMaskTargets(bitmaps, rois, options)),
    numbers.compare('paste.mmdet', pasteMasks(masks, boxes, { height, width })),
    numbers.compare(
      'paste.mmdet_binary',
      pasteMasks(masks, boxes, { height, width, threshold: 0.5 }),
    ),
    numbers.compare('paste.torchvision', grown),
    numbers.compare('paste.torchvision_binary', grown.ge(0.5)),
  ];
}
