import { empty, type Generator, isGradEnabled, type Tensor, where, zeros } from '@um-mae/torch';
import { affine, LayerNorm, Module, Parameter, xavierUniform } from '@um-mae/torch/nn';
import type { PatchGrid } from './patch-grid.js';

/** The sizes of a patch embedding, and how it starts. */
export interface PatchEmbeddingOptions {
  readonly channels: number;
  /** Patch side, in pixels. */
  readonly patch: number;
  /** Epsilon of the LayerNorm that follows; none without it. */
  readonly normEpsilon?: number | undefined;
  /**
   * The initialisation of the bias: zero, or uniform in +-1 / sqrt(values of a patch), as in
   * convolutions of PyTorch.
   */
  readonly bias: 'zero' | 'uniform';
  readonly generator: Generator;
}

/** The weights of a convolution from RGB patches to tokens, applied as a matrix product. */
class PatchProjection extends Module {
  /** [channels, 3, patch, patch] */
  readonly weight: Parameter;
  /** [channels] */
  readonly bias: Parameter;

  constructor({ channels, patch, bias, generator }: PatchEmbeddingOptions) {
    super();
    const values = 3 * patch * patch;
    const flat = xavierUniform([channels, values], { generator });
    this.weight = new Parameter(flat.view([channels, 3, patch, patch]));
    const bound = values ** -0.5;
    this.bias = new Parameter(
      bias === 'zero'
        ? zeros([channels])
        : empty([channels]).uniform_({ from: -bound, to: bound, generator }),
    );
  }

  /**
   * @param pixels [..., patch * patch * 3] in the order row, column, colour
   * @returns [..., channels]
   */
  forward(pixels: Tensor): Tensor {
    const { weight, bias } = this;
    if (this.training || isGradEnabled()) {
      const columns = weight.permute([2, 3, 1, 0]).flatten({ endDim: 2 });
      return pixels.matmul(columns).add(bias);
    }
    const matrix = this.constant('matrix', {
      key: 'matrix',
      device: weight.device,
      weights: [weight],
      compute: () => weight.permute([0, 2, 3, 1]).flatten({ startDim: 1 }),
    });
    return affine(pixels, { weight: matrix, bias });
  }
}

/**
 * Patches to tokens: a linear map, then LayerNorm in Swin (arXiv:2103.14030, section 3.1). Taking
 * patches as vectors, it runs on any subset of them, with the numbers of the convolution over the
 * whole image.
 */
export class PatchEmbedding extends Module {
  readonly proj: PatchProjection;
  readonly norm: LayerNorm | undefined;

  constructor(options: PatchEmbeddingOptions) {
    super();
    this.proj = new PatchProjection(options);
    const { channels, normEpsilon: epsilon } = options;
    this.norm = epsilon === undefined ? undefined : new LayerNorm(channels, { epsilon });
  }

  /** @returns [batch, height, width, channels] */
  forward({ pixels, replaced }: Pick<PatchGrid, 'pixels' | 'replaced'>): Tensor {
    const tokens = this.proj.forward(pixels);
    const normed = (x: Tensor) => (this.norm ? this.norm.forward(x) : x);
    if (!replaced) return normed(tokens);
    const replace = (x: Tensor) => where(replaced.where, replaced.token, x);
    return replaced.normed ? normed(replace(tokens)) : replace(normed(tokens));
  }
}
