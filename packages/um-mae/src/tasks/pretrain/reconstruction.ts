/** Reconstructions: images with the units that the model saw and those that it predicted. */
import { noGrad, scope, type Tensor, where } from '@um-mae/torch';
import { patchify, unpatchify } from '../../backbones/parts/patches.js';
import { decodeImage } from '../../images/decode.js';
import { middleOf } from '../../images/geometry/middle.js';
import type { RgbImage, Size } from '../../images/geometry/resize.js';
import { denormaliseImages, normaliseImages } from '../../images/normalise.js';
import type { Mask } from '../../masking/mask.js';
import type { Objective } from '../../objectives/objective.js';
import { patchStatistics } from '../../objectives/pixel-target.js';
import { renderSheet } from '../../pictures/sheet.js';

/** Four pictures of one image. */
export interface Reconstruction {
  readonly original: RgbImage;
  /** Dropped units are grey, hidden ones are hatched. */
  readonly masked: RgbImage;
  readonly predicted: RgbImage;
  /** The prediction, with the units that the encoder saw put over it. */
  readonly pasted: RgbImage;
}

/**
 * The middle of an image at the size that a model takes.
 *
 * @throws UnreadableImage
 */
export async function loadForReconstruction(path: string, size: Size): Promise<RgbImage> {
  return middleOf(await decodeImage(path), size);
}

/** @param images as many as the mask has, of the size that the model takes */
export function reconstruct(
  model: Objective,
  images: readonly RgbImage[],
  mask: Mask,
): Reconstruction[] {
  return scope(() => noGrad(() => reconstructions(model, images, mask)));
}

function reconstructions(
  model: Objective,
  images: readonly RgbImage[],
  mask: Mask,
): Reconstruction[] {
  const { options, unit } = model;
  const { device } = model.mask_token;
  const visible = mask.visible.to(device);
  const hidden = mask.hidden.to(device);
  const bytes = Buffer.concat(images.map(({ data }) => data));
  const input = normaliseImages(bytes, options.image, device);
  const training = model.training;
  const output = model.eval().predict(input, { visible, hidden });
  model.train(training);

  const units = patchify(input, unit);
  const predicted = options.normPixels ? withStatisticsOf(units, output) : output;
  const seen = visible.logicalAnd(hidden.logicalNot()).unsqueeze(-1);
  const pictures = (values: Tensor) => denormaliseImages(unpatchify(values, options.image));
  const predictedBytes = pictures(predicted);
  const pastedBytes = pictures(where(seen, units, predicted));
  return images.map((original, i) => {
    const picture = (data: Uint8Array | undefined) => ({
      ...original,
      data: data ?? original.data,
    });
    return {
      original,
      masked: markMask(original, unit, {
        visible: visible.at(i).toArray(),
        hidden: hidden.at(i).toArray(),
      }),
      predicted: picture(predictedBytes[i]),
      pasted: picture(pastedBytes[i]),
    };
  });
}

/** Predictions of normalised units, with the mean and deviation that the units themselves have. */
function withStatisticsOf(units: Tensor, predicted: Tensor): Tensor {
  const { mean, deviation } = patchStatistics(units);
  return predicted.mul(deviation).add(mean);
}

/** A grid of reconstructions as a PNG, one row per image. */
export function reconstructionSheet(
  reconstructions: readonly Reconstruction[],
  { title, normPixels }: { readonly title: string; readonly normPixels: boolean },
): Promise<Buffer> {
  const marks = 'Grey: dropped. Hatched: kept, but hidden from the encoder.';
  const targets = 'Predictions are relative: shown with the mean and deviation of the true unit.';
  return renderSheet({
    title,
    note: normPixels ? `${marks} ${targets}` : marks,
    columns: ['original', 'masked', 'reconstruction', 'with visible patches'],
    rows: reconstructions.map((row) => [row.original, row.masked, row.predicted, row.pasted]),
  });
}

const grey = [196, 198, 202] as const;
const hatching = [214, 92, 36] as const;

/** One value per unit, in raster order. */
interface UnitFlags {
  readonly visible: ArrayLike<unknown>;
  readonly hidden: ArrayLike<unknown>;
}

function markMask(image: RgbImage, unit: number, { visible, hidden }: UnitFlags): RgbImage {
  const { width, height } = image;
  const data = image.data.slice();
  const stripe = Math.max(2, unit / 4);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const index = Math.floor(row / unit) * (width / unit) + Math.floor(column / unit);
      const isStripe = (row + column) % (2 * stripe) < stripe;
      const at = (row * width + column) * 3;
      if (!visible[index]) data.set(grey, at);
      else if (hidden[index] && isStripe) data.set(hatching, at);
    }
  }
  return { width, height, data };
}
