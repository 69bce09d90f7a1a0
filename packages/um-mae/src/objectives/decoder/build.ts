import type { Generator } from '@um-mae/torch';
import { CrossDecoder, type CrossDecoderOptions } from './cross-decoder.js';
import type { Decoder } from './decoder.js';
import { DenseDecoder, type DenseDecoderOptions } from './dense-decoder.js';

/** Every kind of decoder, as data. */
export type DecoderOptions = DenseDecoderOptions | CrossDecoderOptions;

export function buildDecoder(
  options: DecoderOptions,
  parts: { readonly generator: Generator },
): Decoder {
  switch (options.kind) {
    case 'dense':
      return new DenseDecoder(options, parts);
    case 'cross':
      return new CrossDecoder(options, parts);
  }
}
