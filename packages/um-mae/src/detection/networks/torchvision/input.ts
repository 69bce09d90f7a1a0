/**
 * Pictures as torchvision's detectors take them: normalised, resized inside of the model, padded.
 */
import {
  stack,
  type Tensor,
  tensor,
  upsampleBilinear2d,
  upsampleNearest2d,
  zeros,
} from '@um-mae/torch';
import type { PictureSize } from '../../boxes/corners.js';

/** Sides of resized pictures: the shorter one, unless the longer one would be more than `most`. */
export interface InputSides {
  readonly shorter: number;
  readonly most: number;
}

const mean = [0.485, 0.456, 0.406];
const deviation = [0.229, 0.224, 0.225];

/** Sides of a batch are multiples of it. */
const multiple = 32;

/** The size after resizing: its scale is rounded to single precision, its sides down. */
export function resizedSize({ height, width }: PictureSize, sides: InputSides): PictureSize {
  const part = (side: number, goal: number) => Math.fround(Math.fround(1 / side) * goal);
  const [shorter, longer] = [Math.min(height, width), Math.max(height, width)];
  const scale = Math.min(part(shorter, sides.shorter), part(longer, sides.most));
  return { height: Math.floor(height * scale), width: Math.floor(width * scale) };
}

/** @param image [3, height, width] from 0 to 1  @returns [3, height', width'], normalised */
export function resizePicture(image: Tensor, { height, width }: PictureSize): Tensor {
  const column = (values: readonly number[]) =>
    tensor(values, { device: image.device }).view([3, 1, 1]);
  const normalised = image.sub(column(mean)).div(column(deviation)).unsqueeze(0);
  return upsampleBilinear2d(normalised, [height, width], false).squeeze(0);
}

/** @param masks [objects, height, width], 0 or 1  @returns [objects, height', width'] f32 */
export function resizeMasks(masks: Tensor, { height, width }: PictureSize): Tensor {
  return upsampleNearest2d(masks.to('f32').unsqueeze(1), [height, width]).squeeze(1);
}

/** Boxes in a picture of another size. @param boxes [count, 4] */
export function resizeBoxes(boxes: Tensor, from: PictureSize, to: PictureSize): Tensor {
  const [across, down] = [to.width / from.width, to.height / from.height];
  return boxes.mul(tensor([across, down, across, down], { device: boxes.device }));
}

/** Pictures of any sizes in one batch, padded with zeros below and on the right. */
export function padTogether(pictures: readonly Tensor[]): Tensor {
  const upTo = (dim: number) => {
    const most = Math.max(...pictures.map(({ shape }) => shape[dim] ?? Number.NaN));
    return Math.ceil(most / multiple) * multiple;
  };
  const [height, width] = [upTo(1), upTo(2)];
  return stack(
    pictures.map((picture) => {
      const [channels, own, wide] = picture.sizes(3);
      const padded = zeros([channels, height, width], { device: picture.device });
      padded.narrow(1, 0, own).narrow(2, 0, wide).copy_(picture);
      return padded;
    }),
  );
}
