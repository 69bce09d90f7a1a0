/** Images and what an encoder makes of them, for objectives that predict no pixels. */
import { noGrad, scope } from '@um-mae/torch';
import type { Backbone } from '../../../backbones/backbone.js';
import type { RgbImage } from '../../../images/geometry/resize.js';
import { normaliseImages } from '../../../images/normalise.js';
import { mapColours } from '../../../pictures/map-colours.js';
import { renderSheet } from '../../../pictures/sheet.js';

/**
 * A PNG with a row for each image: the image, and the feature map of every stage in colours.
 *
 * @param images of the size that the encoder is trained on
 */
export function featureSheet(
  encoder: Backbone,
  images: readonly RgbImage[],
  title: string,
): Promise<Buffer> {
  const stages = encoder.strides.map((_, stage) => `stage ${stage}`);
  return renderSheet({
    title,
    note: 'Colours: the first three principal components of each feature map.',
    columns: ['image', ...stages],
    rows: images.map((image) => [image, ...mapsOf(encoder, image)]),
  });
}

function mapsOf(encoder: Backbone, image: RgbImage): RgbImage[] {
  const { training } = encoder;
  const device = encoder.patch_embed.proj.weight.device;
  encoder.eval();
  const maps = scope(() =>
    noGrad(() =>
      encoder.features(normaliseImages(image.data, image, device)).map((map) => mapColours(map)),
    ),
  );
  encoder.train(training);
  return maps.map(({ rows, columns, rgb }) => ({ height: rows, width: columns, data: rgb }));
}
