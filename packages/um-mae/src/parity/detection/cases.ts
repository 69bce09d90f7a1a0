/** The programs of the cases of detection. */
import type { Comparison } from '../comparison.js';
import type { Case } from '../fixture.js';
import { runBackboneCase } from './backbone-case.js';
import { runGflCase } from './detectors/gfl-case.js';
import { runMaskRcnnCase } from './detectors/mask-rcnn-case.js';
import { runTorchvisionCase } from './detectors/torchvision-case.js';
import { runEvaluationCase } from './evaluation-case.js';
import { runLossCase } from './loss-case.js';
import type { DetectionCase } from './names.js';
import { runAssignmentCase } from './operations/assignment-case.js';
import { runBoxCase } from './operations/box-case.js';
import { runMaskCase } from './operations/mask-case.js';
import { runRoiAlignCase } from './operations/roi-align-case.js';
import { runRunLengthCase } from './operations/run-length-case.js';
import { runSuppressionCase } from './operations/suppression-case.js';
import { runPipelineCase } from './pipeline-case.js';
import { runPyramidCase } from './pyramid-case.js';
import { runRpnCase } from './rpn-case.js';

/** Computes a case by its name. */
export const detectionCases: Readonly<Record<DetectionCase, (fixture: Case) => Comparison[]>> = {
  det_assign: runAssignmentCase,
  det_backbone_pvt: runBackboneCase,
  det_backbone_swin: runBackboneCase,
  det_boxes: runBoxCase,
  det_cascade_mask_rcnn: runMaskRcnnCase,
  det_coco_eval: runEvaluationCase,
  det_fpn: runPyramidCase,
  det_gfl_pvt: runGflCase,
  det_gfl_swin: runGflCase,
  det_htc: runMaskRcnnCase,
  det_htc_semantic: runMaskRcnnCase,
  det_losses: runLossCase,
  det_mask_rcnn: runMaskRcnnCase,
  det_mask_rcnn_torchvision: runTorchvisionCase,
  det_masks: runMaskCase,
  det_nms: runSuppressionCase,
  det_pipeline: runPipelineCase,
  det_rle: runRunLengthCase,
  det_roi_align: runRoiAlignCase,
  det_rpn: runRpnCase,
};
