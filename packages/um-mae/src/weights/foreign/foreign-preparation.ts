/**
 * Images as another program prepares them, written beside its weights: Hugging Face's
 * preprocessor_config.json, or what timm and others have in config.json.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { scope, type Tensor, tensor } from '@um-mae/torch';
import { CheckpointError } from '../../errors.js';
import { deviation, mean } from '../../images/normalise.js';
import { readJson } from '../said-options.js';

type Tensors = ReadonlyMap<string, Tensor>;

/** The way from levels of 0 to 255 to the numbers that a network takes. */
export interface ForeignPreparation {
  /** The file that says so. */
  readonly file: string;
  /** A level is multiplied by this first; 1 / 255 nearly always. */
  readonly rescale: number;
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /** The side of images in pixels; undefined where nothing tells it, or they are not square. */
  readonly side: number | undefined;
  /** Differences to how images are resized here, in words. */
  readonly differences: readonly string[];
}

/** Reads it beside the weights; undefined where there is none that says how pixels are scaled. */
export function preparationBeside(path: string): ForeignPreparation | undefined {
  const processor = join(dirname(path), 'preprocessor_config.json');
  if (existsSync(processor)) return huggingFace(processor, record(readJson(processor)));
  const config = join(dirname(path), 'config.json');
  const said = existsSync(config) ? record(readJson(config)) : {};
  const { default_cfg: older, pretrained_cfg: timm = older } = said;
  return timm === undefined ? undefined : timmPreparation(config, record(timm));
}

function huggingFace(file: string, said: Readonly<Record<string, unknown>>): ForeignPreparation {
  const { do_normalize: normalises, do_rescale: rescales, do_center_crop: crops } = said;
  const { rescale_factor: factor, image_mean: theirMean, image_std: std } = said;
  const { size, crop_size: cropSize, resample } = said;
  const crop = crops === false ? undefined : cropSize;
  const { height } = record(size);
  const isStretched = crop === undefined && height !== undefined;
  const isNormalised = normalises !== false;
  return {
    file,
    rescale: rescales === false ? 1 : (numberOf(factor) ?? 1 / 255),
    mean: isNormalised ? colours(theirMean ?? mean, file) : [0, 0, 0],
    deviation: isNormalised ? colours(std ?? deviation, file) : [1, 1, 1],
    side: sideOf(crop ?? size),
    differences: differencesOf(resample, isStretched),
  };
}

function timmPreparation(
  file: string,
  said: Readonly<Record<string, unknown>>,
): ForeignPreparation {
  const { mean: theirMean, std, input_size: size, interpolation, crop_mode: cropMode } = said;
  const [, height, width] = Array.isArray(size) ? size : [];
  return {
    file,
    rescale: 1 / 255,
    mean: colours(theirMean ?? mean, file),
    deviation: colours(std ?? deviation, file),
    side: height === width ? numberOf(height) : undefined,
    differences: differencesOf(interpolation, cropMode === 'squash'),
  };
}

/** Pillow's numbers of filters, and timm's names. */
const filters: Readonly<Record<string, string>> = {
  0: 'nearest',
  1: 'lanczos',
  2: 'bilinear',
  4: 'box',
  5: 'hamming',
};

function differencesOf(filter: unknown, isStretched: boolean): string[] {
  const isTold = filter !== undefined && filter !== null && filter !== 3;
  const name = isTold ? (filters[String(filter)] ?? String(filter)) : 'bicubic';
  return [
    ...(name === 'bicubic' ? [] : [`resizes them by ${name}`]),
    ...(isStretched ? ['stretches them to the size'] : []),
  ];
}

/** A side from a number, or from an object of height and width, or of the shortest edge. */
function sideOf(size: unknown): number | undefined {
  if (typeof size !== 'object' || size === null) return numberOf(size);
  const { height, width, shortest_edge: edge } = record(size);
  return height === width ? (numberOf(height) ?? numberOf(edge)) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : undefined;
}

function colours(value: unknown, file: string): number[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value, value, value];
  const numbers = list.filter((each) => typeof each === 'number' && Number.isFinite(each));
  if (numbers.length === 3 && list.length === 3) return numbers.map(Number);
  throw new CheckpointError(
    `Expected a mean and a deviation of three colours in ${file} but got ${JSON.stringify(value)}.`,
  );
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** The first weights of an encoder, which see pixels. */
const [kernelName, biasName] = ['patch_embed.proj.weight', 'patch_embed.proj.bias'] as const;

/** The factor and the offset, by colour, that make their numbers of ours. */
export function fromOurs({ rescale, mean: theirMean, deviation: theirs }: ForeignPreparation) {
  const scale = deviation.map((own, i) => (255 * rescale * own) / (theirs[i] ?? Number.NaN));
  const offset = mean.map(
    (own, i) => (255 * rescale * own - (theirMean[i] ?? Number.NaN)) / (theirs[i] ?? Number.NaN),
  );
  return { scale, offset };
}

/**
 * The same network on images that are normalised as they are here: patches do not overlap, so the
 * patch embedding takes over what differs, exactly.
 *
 * @param tensors by the names of the published checkpoints
 * @returns the same tensors where nothing differs
 * @throws CheckpointError where a decoder predicts pixels in their scale
 */
export function withOurPixels(tensors: Tensors, preparation: ForeignPreparation): Tensors {
  const { scale, offset } = fromOurs(preparation);
  const kernel = tensors.get(kernelName);
  const isSame = scale.every((each) => isNear(each, 1)) && offset.every((each) => isNear(each, 0));
  if (isSame || !kernel || kernel.shape.length !== 4 || kernel.shape[1] !== 3) return tensors;
  if (tensors.has('decoder_pred.weight')) {
    throw new CheckpointError(
      `Expected ImageNet's mean and deviation in ${preparation.file}, as decoders here predict pixels in their scale, but got others.\nTake the encoder alone.`,
    );
  }
  const [weight, bias] = scope(() => {
    const wide = kernel.to('f32');
    const byColour = (numbers: readonly number[]) => tensor(numbers).view([1, 3, 1, 1]);
    const scaled = wide.mul(byColour(scale)).to(kernel.dtype);
    const shift = wide.mul(byColour(offset)).sum([1, 2, 3]);
    const own = tensors.get(biasName);
    const shifted = own ? shift.add(own.to('f32')) : shift;
    return [scaled, shifted.to(own?.dtype ?? kernel.dtype)] as const;
  });
  return new Map(tensors).set(kernelName, weight).set(biasName, bias);
}

function isNear(value: number, expected: number): boolean {
  return Math.abs(value - expected) < 1e-5;
}

/** Sentences about what was taken over, and about what is done otherwise here. */
export function preparationNotes(
  { file, differences }: ForeignPreparation,
  isChanged: boolean,
): string[] {
  const here = 'here images are resized bicubically, and cropped to the middle';
  return [
    ...(isChanged ? [`Took mean and deviation of pixels from ${file} into the weights.`] : []),
    ...(differences.length > 0 ? [`${file} ${differences.join(' and ')}; ${here}.`] : []),
  ];
}
