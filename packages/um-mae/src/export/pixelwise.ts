/** Options that only graphs of networks which classify pixels or find objects have. */
import type { ImageSize } from '../backbones/backbone.js';
import { UmMaeError } from '../errors.js';
import type { SegmentorOutput } from './onnx/segmentor.js';
import type { ExportSource } from './source.js';
import type { ExportForm } from './usage.js';

/** A size of images, and an answer, that are not the usual ones. */
export interface PixelwiseOptions {
  readonly size?: ImageSize | 'dynamic' | undefined;
  readonly output?: SegmentorOutput | undefined;
}

/**
 * A source whose graph has the size and the answer that are asked for.
 *
 * @throws UmMaeError when the network has only one size and answer, or the form is no ONNX file
 */
export function pixelwise(
  source: ExportSource,
  form: ExportForm,
  { size, output = 'logits' }: PixelwiseOptions,
): ExportSource {
  if (size === undefined && output === 'logits') return source;
  const { pixels, objects, computation, kind } = source;
  const isFixed = size !== undefined && size !== 'dynamic';
  if (objects && form === 'onnx' && isFixed && output === 'logits') {
    return { ...source, image: size };
  }
  if (!pixels || form !== 'onnx') {
    const found = pixels ? `a ${kind} in another form` : `a ${kind}`;
    throw new UmMaeError(
      'export',
      `Expected a segmentor as a .onnx file for --size and --argmax but got ${found}.`,
    );
  }
  return {
    ...source,
    image: size === undefined || size === 'dynamic' ? source.image : size,
    isOpen: size === 'dynamic',
    computation: output === 'classes' ? pixels.classMaps : computation,
  };
}
