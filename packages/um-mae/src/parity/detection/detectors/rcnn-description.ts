/** Detectors of two stages as the cases describe them, by the published classes. */
import { Generator } from '@um-mae/torch';
import { z } from 'zod';
import { type CascadeOptions, MaskRcnn } from '../../../detection/networks/mask-rcnn.js';
import type { ProposalOptions } from '../../../detection/networks/proposals/proposals.js';
import { cascadeStages } from '../../../detection/networks/regions/stages.js';
import { caseImage } from '../image-sizes.js';
import { detectionMaps } from './network.js';

const suppression = z.object({ iou_threshold: z.number() });
const proposed = z.object({ nms_pre: z.number(), max_per_img: z.number() });
const boxLoss = z.object({ type: z.string(), beta: z.number().default(0) });

const boxHead = z.object({
  fc_out_channels: z.number(),
  num_classes: z.number(),
  roi_feat_size: z.number(),
  num_shared_convs: z.number().default(0),
  num_shared_fcs: z.number().default(2),
  reg_class_agnostic: z.boolean().default(false),
  loss_bbox: boxLoss,
});
const rule = z.object({
  assigner: z.object({ match_low_quality: z.boolean().default(true) }),
});

/** Values of one stage, or of several that differ by overlaps and deviations alone. */
const ofStages = <Value extends z.ZodType>(value: Value) =>
  z.preprocess((given: unknown) => (Array.isArray(given) ? given[0] : given), value);

/** A case with the arguments of a published detector of two stages, and its pictures. */
export const rcnnDescription = z.object({
  constructor: z.object({
    backbone: z.unknown(),
    neck: z.object({ out_channels: z.number() }),
    rpn_head: z.object({ loss_bbox: boxLoss }),
    roi_head: z.object({
      num_stages: z.number().optional(),
      interleaved: z.boolean().default(false),
      mask_info_flow: z.boolean().default(false),
      bbox_head: ofStages(boxHead),
      mask_roi_extractor: z.object({ roi_layer: z.object({ output_size: z.number() }) }),
      mask_head: ofStages(z.object({ num_convs: z.number() })),
      semantic_head: z.object({ num_classes: z.number(), num_convs: z.number() }).optional(),
    }),
    train_cfg: z.object({
      rpn: z.object({ allowed_border: z.number() }),
      rpn_proposal: proposed,
      rcnn: ofStages(rule),
    }),
    test_cfg: z.object({
      rpn: proposed,
      rcnn: z.object({ score_thr: z.number(), nms: suppression, max_per_img: z.number() }),
    }),
  }),
  images: z.array(caseImage),
});

export type RcnnDescription = z.infer<typeof rcnnDescription>;

export function describedRcnn(description: RcnnDescription): MaskRcnn {
  const { backbone, neck, roi_head: heads } = description.constructor;
  const generator = new Generator(0);
  return new MaskRcnn({
    maps: detectionMaps(backbone, generator),
    classes: heads.bbox_head.num_classes,
    channels: neck.out_channels,
    boxChannels: heads.bbox_head.fc_out_channels,
    maskDepth: heads.mask_head.num_convs,
    sides: {
      box: heads.bbox_head.roi_feat_size,
      mask: heads.mask_roi_extractor.roi_layer.output_size,
    },
    cascade: heads.num_stages === undefined ? undefined : cascadeOf(description),
    generator,
  });
}

function cascadeOf({ constructor: { roi_head: heads, train_cfg } }: RcnnDescription) {
  const { bbox_head: box, semantic_head: semantic } = heads;
  const { match_low_quality: takesBest } = train_cfg.rcnn.assigner;
  return {
    stages: cascadeStages({ takesBest }),
    boxCost:
      box.loss_bbox.type === 'GIoULoss'
        ? { kind: 'giou' }
        : { kind: 'deltas', beta: box.loss_bbox.beta },
    isInterleaved: heads.interleaved,
    layers: { convolutions: box.num_shared_convs, linear: box.num_shared_fcs, norm: 'batch' },
    sharesBoxes: box.reg_class_agnostic,
    masksFlow: heads.mask_info_flow,
    semantic: semantic && { classes: semantic.num_classes, depth: semantic.num_convs },
  } satisfies CascadeOptions;
}

/** The numbers that proposals are limited to. */
export function proposalLimits({
  nms_pre: mostOfLevel,
  max_per_img: most,
}: z.infer<typeof proposed>): ProposalOptions {
  return { mostOfLevel, most };
}
