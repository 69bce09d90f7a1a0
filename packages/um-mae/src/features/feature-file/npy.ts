/**
 * Features as a NumPy array, and a JSON file of the same name beside it that says what its rows
 * are.
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0.
 */
import { replaceFile } from '@um-mae/torch/files';
import { z } from 'zod';
import { DataError } from '../../errors.js';
import { wholeBytes, wholeText } from '../../files/whole-file.js';
import {
  checkFeatures,
  checksumOf,
  type FeatureRows,
  type Features,
  type FeatureTable,
  featureNames,
  featureOrigin,
  namesOf,
  noFeatures,
  parseIn,
} from './feature-table.js';

const recorded = z.object({ checksum: z.string().optional() });

const magic = Buffer.from('\x93NUMPY\x01\x00', 'latin1');

/** `features.json` for `features.npy`. */
export function sidecarOf(path: string): string {
  return path.replace(/\.npy$/, '.json');
}

export function writeNpy(path: string, table: FeatureTable, rows: FeatureRows): void {
  const checksum = checksumOf(table, rows.pieces());
  const record = JSON.stringify({ ...table.origin, ...namesOf(table), checksum });
  replaceFile(path, (append) => {
    append(npyHeader(rows.count, rows.channels));
    for (const { buffer, byteOffset, byteLength } of rows.pieces()) {
      append(new Uint8Array(buffer, byteOffset, byteLength));
    }
    // Names come last, right before the array takes its place: what fails earlier leaves both as
    // they were.
    replaceFile(sidecarOf(path), (beside) => beside(Buffer.from(record)));
  });
}

/** Bytes of an array; longer ones are features in Parquet or safetensors. */
const largestArray = 2 ** 31;

/** @throws DataError when it, or the file beside it, is something else */
export function readNpy(path: string): Features {
  const record = wholeText(sidecarOf(path), { as: DataError });
  const origin = parseIn(featureOrigin, record, sidecarOf(path));
  const { paths, labels } = parseIn(featureNames, record, sidecarOf(path));
  const { checksum } = parseIn(recorded, record, sidecarOf(path));
  const { rows, channels, values } = parseNpy(
    wholeBytes(path, { as: DataError, most: largestArray }),
    path,
  );
  if (rows !== paths.length) {
    throw noFeatures(path, `${rows} rows, where the file beside it names ${paths.length}`);
  }
  const read = { origin, paths, labels: labels ?? paths.map(() => null), values, channels };
  return checkFeatures(read, checksum, path);
}

/** Padded, so that the values begin at a multiple of 64 bytes. */
function npyHeader(rows: number, channels: number): Buffer {
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${channels}), }`;
  const length = magic.length + 2 + description.length + 1;
  const padded = `${description}${' '.repeat((64 - (length % 64)) % 64)}\n`;
  const size = Buffer.alloc(2);
  size.writeUInt16LE(padded.length);
  return Buffer.concat([magic, size, Buffer.from(padded, 'latin1')]);
}

function parseNpy(bytes: Buffer, path: string) {
  const start = magic.length + 2;
  const isNpy = bytes.length > start && bytes.subarray(0, magic.length).equals(magic);
  const end = isNpy ? start + bytes.readUInt16LE(magic.length) : 0;
  const header = bytes.toString('latin1', start, end);
  const [, rows, channels] = /'<f4'.*False.*\((\d+), (\d+)\)/.exec(header) ?? [];
  const size = 4 * Number(rows) * Number(channels);
  if (!isNpy || size !== bytes.length - end) throw noFeatures(path, 'no whole array of f32 rows');
  const values = new Float32Array(new Uint8Array(bytes.subarray(end)).buffer);
  return { rows: Number(rows), channels: Number(channels), values };
}
