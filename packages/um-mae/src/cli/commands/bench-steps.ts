/** The training steps that are measured beside others', by the options of `um-mae bench`. */

export const benchSteps = {
  'swin-tiny um-mae': { model: 'swin-tiny', method: 'um-mae' },
  'swin-tiny simmim': { model: 'swin-tiny', method: 'simmim' },
  'pvt-small um-mae': { model: 'pvt-small', method: 'um-mae' },
  /** A ViT with the decoder of UM-MAE's experiments. */
  'vit-base mae, 2 blocks': { model: 'vit-base', method: 'mae', set: 'decoder.depth=2' },
} as const;
