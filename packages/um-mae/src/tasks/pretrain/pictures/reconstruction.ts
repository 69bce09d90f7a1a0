/** Reconstructions: images with the units that the model saw and those that it predicted. */
import { noGrad, scope, type Tensor, where } from '@um-mae/torch';
import { at } from '../../../at.js';
import { patchify, unpatchify } from '../../../backbones/parts/grid/patches.js';
import { decodeImage } from '../../../images/decode.js';
import { middleOf } from '../../../images/geometry/middle.js';
import type { RgbImage, Size } from '../../../images/geometry/resize.js';
import type { Colour } from '../../../images/masks/class-map-file.js';
import { denormaliseImages, normaliseImages } from '../../../images/normalise.js';
import type { Mask } from '../../../masking/mask.js';
import type { MaskedObjective } from '../../../objectives/masked-objective.js';
import { patchStatistics } from '../../../objectives/pixel-target.js';
import { renderSheet } from '../../../pictures/sheet.js';

/** Four pictures of one image. */
export interface Reconstruction {
  readonly original: RgbImage;
  /** Dropped units are grey, hidden ones are hatched. */
  readonly masked: RgbImage;
  /** The predictions of dropped units, which alone are trained. The other units are blank. */
  readonly predicted: RgbImage;
  /**
   * The units that the encoder saw, and the predictions of dropped ones. Hidden ones are hatched.
   */
  readonly pasted: RgbImage;
}

/**
 * The middle of an image at the size that a model takes.
 *
 * @throws UnreadableImage
 *
 * @example
 * ```ts
 * import { loadForReconstruction } from 'um-mae';
 *
 * const image = await loadForReconstruction('cat.jpg', { width: 64, height: 64 });
 * console.log(image.data.length); // 12288
 * ```
 */
export async function loadForReconstruction(path: string, size: Size): Promise<RgbImage> {
  return middleOf(await decodeImage(path), size);
}

/**
 * @param images as many as the mask has, of the size that the model takes
 *
 * @example
 * ```ts
 * import { Generator } from '@um-mae/torch';
 * import {
 *   buildObjective,
 *   drawMask,
 *   loadForReconstruction,
 *   modelRecipe,
 *   parsePretrainRecipe,
 *   reconstruct,
 * } from 'um-mae';
 *
 * const recipe = parsePretrainRecipe(modelRecipe('swin-micro'));
 * const generator = new Generator(1);
 * const model = buildObjective(recipe, { generator });
 * const image = await loadForReconstruction('cat.jpg', recipe.image);
 * const mask = drawMask(recipe.masking, { batch: 1, grid: model.grid, generator });
 * const [pictures] = reconstruct(model, [image], mask);
 * console.log(pictures?.masked.width === recipe.image.width); // true
 * ```
 */
export function reconstruct(
  model: MaskedObjective,
  images: readonly RgbImage[],
  mask: Mask,
): Reconstruction[] {
  return scope(() => noGrad(() => reconstructions(model, images, mask)));
}

function reconstructions(
  model: MaskedObjective,
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
  const completed = where(visible.unsqueeze(-1), units, predicted);
  const bytesOfEach = denormaliseImages(unpatchify(completed, options.image));
  return images.map((original, i) => {
    const states = unitStates(visible.at(i).toArray(), hidden.at(i).toArray());
    const complete = { ...original, data: bytesOfEach[i] ?? original.data };
    const { dropped, hatched, blank } = marks;
    return {
      original,
      masked: marked(original, { unit, states, marks: { dropped, hidden: hatched } }),
      predicted: marked(complete, { unit, states, marks: { seen: blank, hidden: blank } }),
      pasted: marked(complete, { unit, states, marks: { hidden: hatched } }),
    };
  });
}

/** Predictions of normalised units, with the mean and deviation that the units themselves have. */
function withStatisticsOf(units: Tensor, predicted: Tensor): Tensor {
  const { mean, deviation } = patchStatistics(units);
  return predicted.mul(deviation).add(mean);
}

/**
 * A grid of reconstructions as a PNG, one row per image.
 *
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 * import { loadForReconstruction, reconstructionSheet } from 'um-mae';
 *
 * const original = await loadForReconstruction('cat.jpg', { width: 64, height: 64 });
 * const row = { original, masked: original, predicted: original, pasted: original };
 * await writeFile('sheet.png', await reconstructionSheet([row], { title: 'cats', normPixels: false }));
 * ```
 */
export function reconstructionSheet(
  reconstructions: readonly Reconstruction[],
  { title, normPixels }: { readonly title: string; readonly normPixels: boolean },
): Promise<Buffer> {
  return renderSheet({
    title,
    note: 'Grey: dropped. Hatched: kept, but hidden from the encoder.',
    columns: ['original', 'masked', 'prediction', 'with what was seen'],
    rows: reconstructions.map((row) => [row.original, row.masked, row.predicted, row.pasted]),
    ...(normPixels && {
      footnote: 'Predictions are relative: shown with the mean and deviation of the true unit.',
    }),
  });
}

type UnitState = 'seen' | 'hidden' | 'dropped';

/** The colour of a pixel, or undefined where it stays as it is. */
type Mark = (row: number, column: number, unit: number) => Colour | undefined;

const marks = {
  dropped: () => [196, 198, 202],
  /** Stripes of at least two pixels over the unit. */
  hatched: (row, column, unit) => {
    const stripe = Math.max(2, unit / 4);
    return (row + column) % (2 * stripe) < stripe ? [214, 92, 36] : undefined;
  },
  /** The paper of the sheet. */
  blank: () => [251, 251, 249],
} as const satisfies Record<string, Mark>;

/** The state of every unit in raster order, of flags [units]. */
function unitStates(visible: ArrayLike<unknown>, hidden: ArrayLike<unknown>): UnitState[] {
  return Array.from(visible, (isVisible, i) => {
    if (!isVisible) return 'dropped';
    return hidden[i] ? 'hidden' : 'seen';
  });
}

interface MarkedUnits {
  /** Side of a unit, in pixels. */
  readonly unit: number;
  readonly states: readonly UnitState[];
  /** The marks of the units of a state. Those of other states stay as they are. */
  readonly marks: Partial<Record<UnitState, Mark>>;
}

function marked(image: RgbImage, { unit, states, marks }: MarkedUnits): RgbImage {
  const { width, height } = image;
  const data = image.data.slice();
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const index = Math.floor(row / unit) * (width / unit) + Math.floor(column / unit);
      const colour = marks[at(states, index)]?.(row, column, unit);
      if (colour) data.set(colour, (row * width + column) * 3);
    }
  }
  return { width, height, data };
}
