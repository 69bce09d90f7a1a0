/** Features with their names, and what made them. */
import { crc32 } from 'node:zlib';
import { parseJson } from '@um-mae/torch/files';
import { z } from 'zod';
import { poolings } from '../../backbones/pooled-stages.js';
import { DataError } from '../../errors.js';

/**
 * The encoder and the settings that the features of a file were computed with, checked when it is
 * read.
 */
export const featureOrigin = z.object({
  /** SHA-256 of the encoder's weights. */
  weights: z.string(),
  /** The path of the weights. */
  source: z.string(),
  image: z.object({ height: z.int().positive(), width: z.int().positive() }),
  stages: z.array(z.int().nonnegative()),
  /** Files of before there was a choice have means, and do not say so. */
  pooling: z.enum(poolings).default('mean'),
  view: z.enum(['full', 'compact']),
  /**
   * Names of the classes, in the order of their numbers; none where only numbers or nothing are
   * known.
   */
  classes: z.array(z.string()),
});

export type FeatureOrigin = z.infer<typeof featureOrigin>;

/** One row per image, whose values are elsewhere. */
export interface FeatureTable {
  readonly origin: FeatureOrigin;
  /** The names of the images. */
  readonly paths: readonly string[];
  /** Classes of the images, null where there is none. */
  readonly labels: readonly (number | null)[];
}

/** The names and labels as JSON. */
export const featureNames = z.object({
  paths: z.array(z.string()),
  labels: z.array(z.int().nonnegative().nullable()).optional(),
});

/** The table without labels that nobody has. */
export function namesOf({ paths, labels }: FeatureTable): z.infer<typeof featureNames> {
  return { paths: [...paths], ...(hasLabels(labels) && { labels: [...labels] }) };
}

/** Returns the metadata of a safetensors file, which describe its rows. */
export function metadataOf(table: FeatureTable, rows: FeatureRows): Record<string, string> {
  return {
    format: 'um-mae features',
    origin: JSON.stringify(table.origin),
    names: JSON.stringify(namesOf(table)),
    checksum: checksumOf(table, rows.pieces()),
  };
}

/** The CRC-32 of names and labels, and of all values behind them. */
export function checksumOf(table: FeatureTable, pieces: Iterable<Float32Array>): string {
  let sum = crc32(JSON.stringify(namesOf(table)));
  for (const piece of pieces) sum = sumOf(piece, sum);
  return digitsOf(sum);
}

/** The CRC-32 of numbers alone. */
export function checksumOfNumbers(values: Float32Array): string {
  return digitsOf(sumOf(values, 0));
}

function sumOf({ buffer, byteOffset, byteLength }: Float32Array, before: number): number {
  return crc32(new Uint8Array(buffer, byteOffset, byteLength), before);
}

function digitsOf(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}

/**
 * Compares features with the checksum in their file; those of before have none.
 *
 * @throws DataError when names, labels or values are other than when they were written
 */
export function checkFeatures(
  features: Features,
  checksum: string | undefined,
  path: string,
): Features {
  if (checksum === undefined || checksum === checksumOf(features, [features.values])) {
    return features;
  }
  throw noFeatures(path, 'damaged ones, of another checksum');
}

export function hasLabels(labels: FeatureTable['labels']): boolean {
  return labels.some((label) => label !== null);
}

/** Values one row after the other, a piece at a time. */
export interface FeatureRows {
  readonly count: number;
  readonly channels: number;
  /** @returns rows [piece, channels], whole ones */
  pieces(): Iterable<Float32Array>;
}

/** A file of features that was read. */
export interface Features extends FeatureTable {
  /** [images, channels] */
  readonly values: Float32Array;
  readonly channels: number;
}

/** The error for a file that holds something else. */
export function noFeatures(path: string, found: string, cause?: unknown): DataError {
  return new DataError(
    `Expected features of um-mae embed in ${path} but got ${found}.`,
    cause === undefined ? {} : { cause },
  );
}

/** Checks what a file says of itself. @throws DataError */
export function parseIn<Value>(schema: z.ZodType<Value>, text: string, path: string): Value {
  try {
    return schema.parse(parseJson(text));
  } catch (cause) {
    throw noFeatures(path, 'a record that is damaged or of another program', cause);
  }
}
