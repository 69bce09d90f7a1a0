/** The part of an image that a model sees, and the size that it sees it in. */
import { evaluationCrop, type Sampling, type Size, scaledSize, stretch } from 'um-mae/pixels';
import type { PlainMetadata } from './model-file.js';

/** Says how an image is resized for a model. */
export function samplingOf(image: Size, metadata: PlainMetadata): Sampling {
  if (metadata.kind !== 'segmentor') return evaluationCrop(image, metadata, metadata.cropShare);
  const { fitting, height, width, long, short } = metadata;
  const whole = { left: 0, top: 0, width: image.width, height: image.height };
  if (fitting === 'stretch' || !long || !short) return stretch(whole, { height, width });
  return stretch(whole, scaledSize(image, { long, short }));
}
