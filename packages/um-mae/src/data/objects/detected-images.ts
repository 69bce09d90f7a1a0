/** Images with objects, checked, by the classes of a job. */
import { createHash } from 'node:crypto';
import { at } from '../../at.js';
import type { KnownImages } from '../known-images.js';
import type { PixelClasses } from '../segmentation/classes/pixel-classes.js';
import { listedFiles } from '../sources/files.js';
import type { ImageSet } from '../sources/image-set.js';
import type { AnnotatedImage, Annotations } from './annotations.js';
import type { ObjectsOfImage } from './known-objects.js';

/** Images, and the objects in each of them. */
export interface DetectedImages extends KnownImages<ObjectsOfImage> {
  /** The objects of an image, by its index in the set. */
  targets(index: number): ObjectsOfImage;
  /** The format, for people, and the part of the set. */
  readonly title: string;
  readonly part: string | undefined;
  /** Whether objects have outlines, from which masks can be learnt. */
  readonly hasOutlines: boolean;
  /** Maps of stuff, where they were asked for. */
  readonly stuff?: PixelClasses | undefined;
  /** The fingerprint of the images and of all that is known of them. */
  readonly digest: string;
  /** Files among the images that are none. */
  readonly ignored: number;
}

/** Groups images for batches that pad little: those that are wider than high, and the others. */
export function orientationOf({ targets }: DetectedImages): (index: number) => number {
  return (index) => {
    const { width, height } = targets(index).size;
    return width > height ? 1 : 0;
  };
}

/** Images whose objects were checked, and the digest of all that. */
export function detectedImages(
  { title, part, hasOutlines, images: annotated }: Annotations,
  objects: readonly ObjectsOfImage[],
): DetectedImages {
  const images = imageSetOf(annotated);
  return {
    images,
    targets: (index) => at(objects, index),
    title,
    part,
    hasOutlines,
    digest: digestOf(images, objects),
    ignored: 0,
  };
}

/** Annotated images as a set, without what is known of them. */
export function imageSetOf(images: readonly AnnotatedImage[]): ImageSet {
  const { digest } = listedFiles(
    [],
    images.map(({ name }) => name),
  );
  return { count: images.length, digest, locate: (index) => at(images, index).location };
}

function digestOf({ digest }: ImageSet, images: readonly ObjectsOfImage[]): string {
  const hash = createHash('sha256').update(digest);
  for (const { id, size, objects } of images) {
    hash.update(Float64Array.of(id, size.width, size.height, objects.length));
    for (const { label, box, area, isCrowd, outline } of objects) {
      hash.update(Float64Array.of(label, ...box, area, isCrowd ? 1 : 0));
      if (outline?.kind === 'run-lengths') hash.update(outline.mask.counts);
      if (outline?.kind !== 'polygons') continue;
      for (const polygon of outline.polygons) hash.update(Float64Array.from(polygon));
    }
  }
  return hash.digest('hex');
}
