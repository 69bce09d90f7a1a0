/**
 * The operations of RandAugment on 8-bit RGB.
 *
 * Source: Cubuk et al. 2020, arXiv:1909.13719, with the set and the ranges of UM-MAE's fine-tuning
 * (timm's `rand`).
 */
import type { RgbImage } from '../geometry/resize.js';
import { type Interpolation, rotation, transformAffine } from './affine.js';
import { changeColour, changeSharpness } from './blend.js';
import * as levels from './levels.js';

/** The set that RandAugment draws from. */
export const operationKinds = [
  'auto-contrast',
  'equalize',
  'invert',
  'rotate',
  'posterize',
  'solarize',
  'solarize-add',
  'color',
  'contrast',
  'brightness',
  'sharpness',
  'shear-x',
  'shear-y',
  'translate-x',
  'translate-y',
] as const;

/** The name of an operation. */
export type OperationKind = (typeof operationKinds)[number];

/** One colour or geometric operation of RandAugment, with its strength. */
export interface Operation {
  readonly kind: OperationKind;
  /**
   * The strength, in a unit that depends on the operation. `rotate`: degrees counter-clockwise;
   * `posterize`: bits that are kept; `solarize`: the level from which on levels are inverted;
   * `solarize-add`: what is added to dark levels; `color` ... `sharpness`: a factor (1: no change);
   * shears: pixels per pixel; translations: a share of the side. The first three have none.
   */
  readonly amount: number;
  /** The interpolation of `rotate`, shears and translations. */
  readonly interpolation: Interpolation;
}

/** The random values that the amount of an operation is computed from. */
export interface Strength {
  /** The strength of the change, 0 to 1. */
  readonly magnitude: number;
  /** The direction of what has two. */
  readonly sign: 1 | -1;
  /**
   * A larger magnitude is a stronger change of every operation; without it, of some a weaker one.
   */
  readonly increasing: boolean;
}

/** The amount of an operation, from none to as much as RandAugment does. */
export function amountOf(kind: OperationKind, { magnitude, sign, increasing }: Strength): number {
  switch (kind) {
    case 'auto-contrast':
    case 'equalize':
    case 'invert':
      return 0;
    case 'rotate':
      return sign * magnitude * 30;
    case 'posterize': {
      const bits = Math.trunc(magnitude * 4);
      return increasing ? 4 - bits : bits;
    }
    case 'solarize': {
      const threshold = Math.trunc(magnitude * 256);
      return increasing ? 256 - threshold : threshold;
    }
    case 'solarize-add':
      return Math.trunc(magnitude * 110);
    case 'color':
    case 'contrast':
    case 'brightness':
    case 'sharpness':
      return increasing ? 1 + sign * magnitude * 0.9 : 0.1 + magnitude * 1.8;
    case 'shear-x':
    case 'shear-y':
      return sign * magnitude * 0.3;
    case 'translate-x':
    case 'translate-y':
      return sign * magnitude * 0.45;
  }
}

/** @returns [height, width, 3], in memory of its own */
export function applyOperation(image: RgbImage, operation: Operation): Uint8Array {
  const { kind, amount } = operation;
  const { width, height } = image;
  switch (kind) {
    case 'auto-contrast':
      return levels.mapLevels(image, levels.autoContrast(image));
    case 'equalize':
      return levels.mapLevels(image, levels.equalize(image));
    case 'invert':
      return levels.mapLevels(image, levels.invert);
    case 'posterize':
      return levels.mapLevels(image, levels.posterize(amount));
    case 'solarize':
      return levels.mapLevels(image, levels.solarize(amount));
    case 'solarize-add':
      return levels.mapLevels(image, levels.solarizeAdd(amount));
    case 'contrast':
      return levels.mapLevels(image, levels.contrast(image, amount));
    case 'brightness':
      return levels.mapLevels(image, levels.brightness(amount));
    case 'color':
      return changeColour(image, amount);
    case 'sharpness':
      return changeSharpness(image, amount);
    case 'rotate':
      return transformAffine(image, rotation(amount, image), operation);
    case 'shear-x':
      return transformAffine(image, [1, amount, 0, 0, 1, 0], operation);
    case 'shear-y':
      return transformAffine(image, [1, 0, 0, amount, 1, 0], operation);
    case 'translate-x':
      return transformAffine(image, [1, 0, amount * width, 0, 1, 0], operation);
    case 'translate-y':
      return transformAffine(image, [1, 0, 0, 0, 1, amount * height], operation);
  }
}
