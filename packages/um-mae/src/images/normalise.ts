/** Bytes of images to the numbers that networks see, and back: normalised with ImageNet's statistics. */
import { fromArray, type Tensor, tensor, upload } from '@um-mae/torch';

/** Of ImageNet, by colour. */
export const mean = [0.485, 0.456, 0.406];
export const deviation = [0.229, 0.224, 0.225];

export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/**
 * @param bytes RGB, [batch, height, width, 3]
 * @returns f32 [batch, 3, height, width]
 */
export function normaliseImages(
  bytes: Uint8Array,
  { height, width }: ImageSize,
  device: string,
): Tensor {
  const batch = bytes.length / (height * width * 3);
  // A copy: libtorch cannot look into the memory that threads share.
  const levels = fromArray(bytes.slice(), { shape: [batch, height, width, 3] });
  return upload(levels, device)
    .to('f32')
    .div(255)
    .sub(upload(tensor(mean), device))
    .div(upload(tensor(deviation), device))
    .permute([0, 3, 1, 2]);
}

/**
 * @param images f32 [batch, 3, height, width], normalised
 * @returns RGB bytes of each image, [height, width, 3]
 */
export function denormaliseImages(images: Tensor): Uint8Array[] {
  const { device } = images;
  const levels = images
    .permute([0, 2, 3, 1])
    .mul(tensor(deviation, { device }))
    .add(tensor(mean, { device }))
    .mul(255)
    .round()
    .clamp({ min: 0, max: 255 });
  return levels.unbind().map((image) => image.to('u8').toArray() as Uint8Array);
}
