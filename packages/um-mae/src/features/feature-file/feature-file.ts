/** Files of features, in three forms. */
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { DataError } from '../../errors.js';
import type { FeatureRows, Features, FeatureTable } from './feature-table.js';
import { readNpy, sidecarOf, writeNpy } from './npy.js';
import { readFeatureTensor, writeFeatureTensor } from './safetensors.js';

interface Form {
  write(path: string, table: FeatureTable, rows: FeatureRows): void | Promise<void>;
  read(path: string): Features | Promise<Features>;
}

/** Tables, whose reader and writer are loaded when one is opened. */
const parquet: Form = {
  async write(path, table, rows) {
    (await import('./parquet.js')).writeFeatureParquet(path, table, rows);
  },
  async read(path) {
    return (await import('./parquet.js')).readFeatureParquet(path);
  },
};

/** The forms of feature files by extension. */
const forms: Readonly<Record<string, Form>> = {
  '.parquet': parquet,
  '.npy': { write: writeNpy, read: readNpy },
  '.safetensors': { write: writeFeatureTensor, read: readFeatureTensor },
};

function formOf(path: string): Form {
  const form = forms[extname(path)];
  if (form) return form;
  throw new DataError(
    `Expected a ${Object.keys(forms).join(', ')} file for features but got ${path}.`,
  );
}

/**
 * Returns the first file that writing to `path` would replace, or undefined.
 *
 * @throws DataError when the extension is none of .parquet, .npy, .safetensors
 */
export function occupied(path: string): string | undefined {
  formOf(path);
  const files = path.endsWith('.npy') ? [sidecarOf(path), path] : [path];
  return files.find((file) => existsSync(file));
}

/**
 * Puts the file in place in one move (for .npy in two: the names beside it first).
 *
 * @throws DataError or SerializationError when it cannot be written
 */
export async function writeFeatures(
  path: string,
  table: FeatureTable,
  rows: FeatureRows,
): Promise<void> {
  await formOf(path).write(path, table, rows);
}

/** @throws UmMaeError or SerializationError when there is no such file, or it is something else */
export async function readFeatures(path: string): Promise<Features> {
  return formOf(path).read(path);
}
