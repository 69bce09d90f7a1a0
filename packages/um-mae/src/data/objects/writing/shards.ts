/** Packs annotated images into tar shards, as `readJsonShards` reads them. */
import { at } from '../../../at.js';
import type { PackOptions, PackReport } from '../../curation/pack.js';
import { packParts } from '../../curation/pack-parts.js';
import type { AnnotatedImage, Annotations } from '../annotations.js';
import { imageSetOf } from '../detected-images.js';
import { withSharedClasses } from '../shared-classes.js';
import { segmentationOf } from './coco.js';

/**
 * Writes shards for each part of a set: `NAME.jpg`, as it is stored, and `NAME.json` with its
 * objects. The names of the classes stand beside the shards in `classes.txt`.
 *
 * @throws DataError when the folder holds anything, or cannot be written
 */
export function packAnnotations(
  parts: readonly Annotations[],
  options: PackOptions,
): Promise<PackReport> {
  const shared = withSharedClasses(parts);
  const classes = shared[0]?.classes ?? [];
  const packed = shared.map(({ part, images }) => ({
    part,
    images: imageSetOf(images),
    jsonOf: (index: number) => memberOf(at(images, index), classes),
  }));
  return packParts(packed, classes, options);
}

/** The `.json` of an image; what the annotations do not say is missing. */
function memberOf({ id, size, objects }: AnnotatedImage, classes: readonly string[]): object {
  const { width, height } = size;
  return {
    id,
    width,
    height,
    annotations: objects.map(({ id: number, label, box, area, isCrowd, outline }) => ({
      id: number,
      category: at(classes, label),
      bbox: box,
      area,
      iscrowd: isCrowd ? 1 : 0,
      segmentation: outline && segmentationOf(outline),
    })),
  };
}
