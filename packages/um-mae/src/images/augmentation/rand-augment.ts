/**
 * RandAugment: a few operations, drawn from a fixed set, all about as strong.
 *
 * Source: Cubuk et al. 2020, arXiv:1909.13719; magnitudes with noise, and skipping, as in UM-MAE's
 * fine-tuning.
 */

import { type Random, randomInteger } from '../../random.js';
import type { RgbImage } from '../geometry/resize.js';
import { randomNormal } from './distributions.js';
import {
  amountOf,
  applyOperation,
  type Operation,
  type OperationKind,
  operationKinds,
} from './operations.js';

/**
 * timm's `rand-m9-mstd0.5-inc1` is { operations: 2, magnitude: 9, magnitudeDeviation: 0.5,
 * increasing: true }.
 */
export interface RandAugmentOptions {
  /**
   * Number of operations drawn for an image, with replacement. Each is skipped with probability
   * 1/2.
   */
  readonly operations: number;
  /** Mean strength, 0 to 10. */
  readonly magnitude: number;
  /** Standard deviation of the strength, which is limited to 0 ... 10. */
  readonly magnitudeDeviation: number;
  /**
   * A larger magnitude is a stronger change of every operation; without it, of some a weaker one.
   */
  readonly increasing: boolean;
}

/** The operations on one image, in their order. */
export function drawRandAugment(options: RandAugmentOptions, random: Random): Operation[] {
  return Array.from({ length: options.operations }, () => drawOperation(options, random)).filter(
    () => random() < 0.5,
  );
}

function drawOperation(options: RandAugmentOptions, random: Random): Operation {
  const { magnitude: mean, magnitudeDeviation, increasing } = options;
  const kind = operationKinds[randomInteger(random, operationKinds.length)] as OperationKind;
  const magnitude = Math.max(0, Math.min(10, randomNormal(random, mean, magnitudeDeviation)));
  const sign = random() < 0.5 ? 1 : -1;
  const amount = amountOf(kind, { magnitude: magnitude / 10, sign, increasing });
  return { kind, amount, interpolation: 'bicubic' };
}

/**
 * Applies them one after the other.
 *
 * @returns [height, width, 3]; the image's own memory when there is nothing to do
 */
export function applyOperations(image: RgbImage, operations: readonly Operation[]): Uint8Array {
  return operations.reduce(
    (data, operation) => applyOperation({ ...image, data }, operation),
    image.data,
  );
}
