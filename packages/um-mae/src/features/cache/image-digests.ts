/** The bytes of images by their digests: equal files are one image, wherever they are. */
import { createHash } from 'node:crypto';
import { collectParts, type PartOptions, partOf } from '../../data/loading/in-parts.js';
import type { SkippedImage } from '../../data/loading/unreadable.js';
import { type ImageSet, nameOf } from '../../data/sources/image-set.js';
import { ImageReader } from '../../data/sources/read-image.js';
import { UnreadableImage } from '../../images/unreadable-image.js';

/** SHA-256 of the bytes of images in hexadecimal digits, empty for those that cannot be read. */
export interface ImageDigests {
  readonly digests: readonly string[];
  readonly unreadable: readonly SkippedImage[];
}

const imagesPerPiece = 256;

/** Reads all images of a set; of several processes, the one that leads knows all. */
export async function imageDigests(images: ImageSet, options: PartOptions): Promise<ImageDigests> {
  const pieces = await collectParts(digestPieces(images, options), options);
  return {
    digests: pieces.flatMap(({ digests }) => digests),
    unreadable: pieces.flatMap(({ unreadable }) => unreadable),
  };
}

/** The images of this process, some at a time. */
async function* digestPieces(
  images: ImageSet,
  { team }: PartOptions,
): AsyncGenerator<ImageDigests, void, undefined> {
  const reader = new ImageReader();
  const { start, end } = partOf(Math.ceil(images.count / imagesPerPiece), team);
  for (let piece = start; piece < end; piece++) {
    const digests: string[] = [];
    const unreadable: SkippedImage[] = [];
    const last = Math.min((piece + 1) * imagesPerPiece, images.count);
    for (let index = piece * imagesPerPiece; index < last; index++) {
      const location = images.locate(index);
      try {
        const bytes = await reader.read(location);
        digests.push(createHash('sha256').update(bytes).digest('hex'));
      } catch (error) {
        if (!(error instanceof UnreadableImage)) throw error;
        digests.push('');
        unreadable.push({ path: nameOf(location), reason: error.reason });
      }
    }
    yield { digests, unreadable };
  }
}
