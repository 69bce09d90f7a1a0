import type { Generator } from '@um-mae/torch';
import { CrossDecoder } from './cross-decoder.js';
import type { Decoder } from './decoder.js';
import { DenseDecoder } from './dense-decoder.js';
import type { DecoderOptions } from './options.js';

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
