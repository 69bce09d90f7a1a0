/** The names of the cases of detection that are computed. */
import { z } from 'zod';

const name = z.enum([
  'det_assign',
  'det_backbone_pvt',
  'det_backbone_swin',
  'det_boxes',
  'det_cascade_mask_rcnn',
  'det_coco_eval',
  'det_fpn',
  'det_gfl_pvt',
  'det_gfl_swin',
  'det_htc',
  'det_htc_semantic',
  'det_losses',
  'det_mask_rcnn',
  'det_mask_rcnn_torchvision',
  'det_masks',
  'det_nms',
  'det_pipeline',
  'det_rle',
  'det_roi_align',
  'det_rpn',
]);

/** A case of detection, by the name of its folder. */
export type DetectionCase = z.output<typeof name>;

/** Tells whether a case is known by the name of its folder. */
export function isDetectionCase(folder: string): boolean {
  return name.safeParse(folder).success;
}

/** The name of a case, where it is one of detection that is known. */
export function detectionCase(json: unknown): DetectionCase | undefined {
  return z.object({ case: name }).safeParse(json).data?.case;
}
