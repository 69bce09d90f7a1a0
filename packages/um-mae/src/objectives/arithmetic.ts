/** How much arithmetic a training step takes, for measures of speed that do not depend on the machine. */
import type { MaskedAutoencoderOptions } from './masked-autoencoder.js';

/** Multiply-accumulates of one image's forward pass, by part; norms, softmax, GELU and sums not counted. */
export interface Arithmetic {
  readonly patchEmbedding: number;
  readonly attentionProjections: number;
  readonly attentionProducts: number;
  readonly mlp: number;
  readonly downsample: number;
  readonly decoder: number;
}

/**
 * Counts the matrix products that `MaskedAutoencoder.forward` runs: patches are embedded and pixels predicted
 * only where they are needed. The position MLPs, which run once a batch, are left out.
 */
export function arithmetic(options: MaskedAutoencoderOptions): Arithmetic {
  const { backbone, decoder, image } = options;
  const { channels, depths, patch } = backbone;
  const unit = patch * 2 ** (depths.length - 2);
  const units = (image.height / unit) * (image.width / unit);
  const visible = units / 4;
  const patches = visible * (unit / patch) ** 2;
  const compact = { height: image.height / patch / 2, width: image.width / patch / 2 };

  const totals = { attentionProjections: 0, attentionProducts: 0, mlp: 0, downsample: 0 };
  for (const [stage, depth] of depths.entries()) {
    const width = channels * 2 ** stage;
    const tokens = patches / 4 ** stage;
    const side = Math.min(compact.height / 2 ** stage, compact.width / 2 ** stage, backbone.window);
    totals.attentionProjections += depth * tokens * 4 * width ** 2;
    totals.attentionProducts += depth * tokens * 2 * side ** 2 * width;
    totals.mlp += depth * tokens * 8 * width ** 2;
    if (stage > 0) totals.downsample += tokens * 2 * width ** 2;
  }

  const latent = channels * 2 ** (depths.length - 1);
  const block = units * (12 * decoder.channels ** 2 + 2 * units * decoder.channels);
  return {
    ...totals,
    patchEmbedding: patches * 3 * patch ** 2 * channels,
    decoder:
      (visible / 4) * latent * 4 * decoder.channels +
      decoder.depth * block +
      (units - visible) * decoder.channels * 3 * unit ** 2,
  };
}

/**
 * Floating-point operations of one image's training step: two a multiply-accumulate, and three passes, since
 * the backward pass runs each product twice.
 */
export function trainingFlops(options: MaskedAutoencoderOptions): number {
  const total = Object.values(arithmetic(options)).reduce((sum, part) => sum + part, 0);
  return 2 * 3 * total;
}
