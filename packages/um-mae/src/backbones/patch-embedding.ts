import { type Generator, type Tensor, where, zeros } from '@um-mae/torch';
import { LayerNorm, Module, Parameter, xavierUniform } from '@um-mae/torch/nn';

export interface PatchEmbeddingOptions {
  readonly channels: number;
  /** Patch side, in pixels. */
  readonly patch: number;
  readonly generator: Generator;
}

/** The weights of a convolution from RGB patches to tokens, applied as a matrix product. */
class PatchProjection extends Module {
  /** [channels, 3, patch, patch] */
  readonly weight: Parameter;
  /** [channels] */
  readonly bias: Parameter;

  constructor({ channels, patch, generator }: PatchEmbeddingOptions) {
    super();
    const flat = xavierUniform([channels, 3 * patch * patch], { generator });
    this.weight = new Parameter(flat.view([channels, 3, patch, patch]));
    this.bias = new Parameter(zeros([channels]));
  }

  /** @param pixels [..., patch * patch * 3] in the order row, column, colour  @returns [..., channels] */
  forward(pixels: Tensor): Tensor {
    const columns = this.weight.permute([2, 3, 1, 0]).flatten({ endDim: 2 });
    return pixels.matmul(columns).add(this.bias);
  }
}

/**
 * Patches to tokens: a linear map, then LayerNorm (Swin, arXiv:2103.14030, section 3.1). Taking patches
 * as vectors, it runs on any subset of them, with the numbers of the convolution over the whole image.
 */
export class PatchEmbedding extends Module {
  readonly proj: PatchProjection;
  readonly norm: LayerNorm;

  constructor(options: PatchEmbeddingOptions) {
    super();
    this.proj = new PatchProjection(options);
    this.norm = new LayerNorm(options.channels, { epsilon: 1e-6 });
  }

  /**
   * @param pixels [batch, height, width, patch * patch * 3], a grid of patches
   * @param hidden what stands in for the tokens of hidden patches: `token` [channels] at the places where
   *   `where` [batch, height, width, 1] is true; it passes through the norm as any token does
   * @returns [batch, height, width, channels]
   */
  forward(pixels: Tensor, hidden?: { where: Tensor; token: Tensor }): Tensor {
    const tokens = this.proj.forward(pixels);
    return this.norm.forward(hidden ? where(hidden.where, hidden.token, tokens) : tokens);
  }
}
