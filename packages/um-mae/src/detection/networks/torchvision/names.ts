/** Names of tensors in torchvision's Mask R-CNN, and ours. */

const pairs: readonly (readonly [theirs: RegExp, ours: string])[] = [
  [/^backbone\.body\./, 'backbone.'],
  [/^backbone\.fpn\.inner_blocks\.(\d+)\.0\./, 'neck.lateral_convs.$1.conv.'],
  [/^backbone\.fpn\.layer_blocks\.(\d+)\.0\./, 'neck.fpn_convs.$1.conv.'],
  [/^rpn\.head\.conv\.0\.0\./, 'rpn_head.rpn_conv.'],
  [/^rpn\.head\.cls_logits\./, 'rpn_head.rpn_cls.'],
  [/^rpn\.head\.bbox_pred\./, 'rpn_head.rpn_reg.'],
  [/^roi_heads\.box_head\.fc6\./, 'bbox_head.shared_fcs.0.'],
  [/^roi_heads\.box_head\.fc7\./, 'bbox_head.shared_fcs.1.'],
  [/^roi_heads\.box_predictor\.cls_score\./, 'bbox_head.fc_cls.'],
  [/^roi_heads\.box_predictor\.bbox_pred\./, 'bbox_head.fc_reg.'],
  [/^roi_heads\.mask_head\.(\d+)\.0\./, 'mask_head.convs.$1.conv.'],
  [/^roi_heads\.mask_predictor\.conv5_mask\./, 'mask_head.upsample.'],
  [/^roi_heads\.mask_predictor\.mask_fcn_logits\./, 'mask_head.conv_logits.'],
];

/** The name here of a tensor of torchvision's; itself where it has no other. */
export function ownName(theirs: string): string {
  const found = pairs.find(([pattern]) => pattern.test(theirs));
  return found ? theirs.replace(...found) : theirs;
}
