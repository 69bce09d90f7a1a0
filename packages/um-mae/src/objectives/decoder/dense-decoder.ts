/**
 * The decoder of masked autoencoders: what the encoder saw and a mask token for each dropped unit
 * attend to each other, all to all.
 *
 * Source: He et al. 2022 (MAE), arXiv:2111.06377, section 3; Li et al. 2022 (UM-MAE),
 * arXiv:2205.10063.
 */
import { arange, cat, type Generator, type Tensor } from '@um-mae/torch';
import { LayerNorm } from '@um-mae/torch/nn';
import { TransformerBlock } from '../../backbones/parts/blocks/transformer-block.js';
import { takeUnits } from '../units.js';
import { Decoder, type DecoderInput } from './decoder.js';
import type { DenseDecoderOptions } from './options.js';

export class DenseDecoder extends Decoder {
  readonly decoder_blocks: readonly TransformerBlock[];
  readonly decoder_norm: LayerNorm;

  constructor(
    { channels, depth, epsilon, heads, mlpRatio }: DenseDecoderOptions,
    { generator }: { readonly generator: Generator },
  ) {
    super();
    this.decoder_blocks = Array.from(
      { length: depth },
      () => new TransformerBlock({ channels, heads, mlpRatio, epsilon, generator }),
    );
    this.decoder_norm = new LayerNorm(channels, { epsilon });
  }

  forward(input: DecoderInput): Tensor {
    const [, predicted] = input.predicted.sizes(2);
    return this.#decode(input, -predicted);
  }

  decodeAll(input: DecoderInput): Tensor {
    const { visible, dropped } = input;
    const order = cat([visible, dropped], { dim: 1 });
    const [, units] = order.sizes(2);
    return takeUnits(this.#decode(input, -units), order.argsort({ dim: 1 }));
  }

  /**
   * @param from the first token that is wanted, counted from the end: the last block is run for the
   *   rest only
   * @returns [batch, -from, channels]
   */
  #decode({ seen, masked, dropped }: DecoderInput, from: number): Tensor {
    // Mask tokens at one position are equal in all images: only distinct tokens are stored.
    const [batch, length] = seen.sizes(3);
    const own = arange(0, batch * length, { dtype: 'i64', device: seen.device });
    const rows = cat([own.view([batch, length]), dropped.add(batch * length)], { dim: 1 });
    let x = cat([seen.flatten({ startDim: 0, endDim: 1 }), masked]);
    const [, tokens] = rows.sizes(2);
    for (const [i, block] of this.decoder_blocks.entries()) {
      x = block.forward(x, {
        rows: i === 0 ? rows : undefined,
        from: i === this.decoder_blocks.length - 1 ? tokens + from : 0,
      });
    }
    return this.decoder_norm.forward(x);
  }
}
