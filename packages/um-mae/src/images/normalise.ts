/**
 * Bytes of images to the numbers that networks see, and back: normalised with ImageNet's
 * statistics.
 */
import { cat, scope, type Tensor, tensor, uploadArray, zeros } from '@um-mae/torch';
import type { Size } from './geometry/resize.js';

/** The mean of each colour over ImageNet. */
export const mean = [0.485, 0.456, 0.406];
export const deviation = [0.229, 0.224, 0.225];

/**
 * @param bytes RGB, [batch, height, width, 3]
 * @returns f32 [batch, 3, height, width]
 */
export function normaliseImages(bytes: Uint8Array, size: Size, device: string): Tensor {
  return normaliseLevels(uploadLevels(bytes, size, device));
}

/**
 * @param bytes RGB, [batch, height, width, 3]
 * @returns u8 of the same shape, on the device
 */
export function uploadLevels(bytes: Uint8Array, { height, width }: Size, device: string): Tensor {
  const batch = bytes.length / (height * width * 3);
  return uploadArray(bytes, { shape: [batch, height, width, 3], device });
}

/**
 * @param levels u8 [batch, height, width, 3]
 * @returns f32 [batch, 3, height, width]
 */
export function normaliseLevels(levels: Tensor): Tensor {
  const { device } = levels;
  return scope(() =>
    levels
      .to('f32')
      .div(255)
      .sub(constants(mean, device))
      .div(constants(deviation, device))
      .permute([0, 3, 1, 2]),
  );
}

/**
 * f32 [numbers], made by the device itself: a recorded step does not find again what the host has
 * sent it.
 */
function constants(numbers: readonly number[], device: string): Tensor {
  return cat(numbers.map((number) => zeros([1], { device }).fill_(number)));
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
