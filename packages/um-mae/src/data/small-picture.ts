/** Images made small, to be shown where the data may no longer be. */
import sharp from 'sharp';
import { decodeBytes } from '../images/decode.js';
import { UnreadableImage } from '../images/unreadable-image.js';
import type { ImageSet } from './sources/image-set.js';
import type { ImageReader } from './sources/read-image.js';

/** An image of a set, and how large it may be. */
export interface SmallPictureRequest {
  readonly images: ImageSet;
  readonly index: number;
  readonly reader: ImageReader;
  /** Longer side, in pixels; smaller images stay as they are. */
  readonly side: number;
}

/** @returns a JPEG; nothing where the image can no longer be read */
export async function smallPicture(request: SmallPictureRequest): Promise<Buffer | undefined> {
  const { images, index, reader, side } = request;
  try {
    const { data, width, height } = await decodeBytes(await reader.read(images.locate(index)));
    return await sharp(data, { raw: { width, height, channels: 3 } })
      .resize(side, side, { fit: 'inside', withoutEnlargement: true })
      .jpeg({ quality: 80 })
      .toBuffer();
  } catch (error) {
    if (!(error instanceof UnreadableImage)) throw error;
    return undefined;
  }
}
