import { readFileSync, writeFileSync } from 'node:fs';
import { scope, tensor } from '@um-mae/torch';
import { readSafetensors, writeSafetensors } from '@um-mae/torch/serialization';
import { parquetWriteFile } from 'hyparquet-writer';
import { expect } from 'vitest';
import { readFeatures, writeFeatures } from './feature-file.js';
import type { FeatureRows, Features, FeatureTable } from './feature-table.js';
import { type GalleryParts, parseGallery, writeGallery } from './gallery.js';
import { parseHeader } from './index.js';
import { describeFeatureFile } from './testing/describe-feature-file.js';

const files = { write: writeFeatures, read: readFeatures };

function writeOtherTensors(path: string): void {
  writeSafetensors(path, new Map([['head.weight', tensor([[1, 2]])]]));
}

describeFeatureFile('features as a Parquet table', {
  ...files,
  extension: '.parquet',
  writeForeign: (filename) =>
    parquetWriteFile({ filename, columnData: [{ name: 'word', data: ['a'], type: 'STRING' }] }),
});

describeFeatureFile('features as a NumPy array', {
  ...files,
  extension: '.npy',
  beside: ['features.json'],
  writeForeign(path) {
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n";
    const start = Buffer.from(
      `\x93NUMPY\x01\x00${String.fromCharCode(header.length, 0)}`,
      'latin1',
    );
    writeFileSync(path, Buffer.concat([start, Buffer.from(header), Buffer.alloc(8)]));
  },
});

describeFeatureFile('features as a tensor', {
  ...files,
  extension: '.safetensors',
  writeForeign: writeOtherTensors,
});

/** Two components and pictures of different lengths, one of them missing. */
const parts: GalleryParts = {
  values: Float32Array.of(1, -0, 1 / 3, 2e-45, -5, 6, 7, 8),
  components: 2,
  explained: [0.75, 0.125],
  pictures: [[255, 216, 1], [], [255], [0, 7]].map((bytes) => Uint8Array.from(bytes)),
};

/** Reads the features as the studio does, and checks the pictures and components beside them. */
function readGallery(path: string): Features {
  // Tells what is damaged in a sentence before anything is cut out of it.
  scope(() => readSafetensors(path));
  const bytes = readFileSync(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = parseHeader(bytes.subarray(8, start), bytes.length - start, path);
  const gallery = parseGallery(header, path);
  const part = (name: keyof typeof gallery.parts) => {
    const { begin, end } = gallery.parts[name];
    return Uint8Array.from(bytes.subarray(start + begin, start + end));
  };
  expect(part('components')).toEqual(new Uint8Array(parts.values.buffer));
  expect(Buffer.concat(parts.pictures).equals(part('pictures'))).toBe(true);
  expect([...new BigInt64Array(part('pictureEnds').buffer)]).toEqual([3n, 3n, 4n, 6n]);
  expect(gallery).toMatchObject({ components: 2, explained: parts.explained });
  return { ...gallery, values: new Float32Array(part('features').buffer) };
}

describeFeatureFile('a gallery', {
  extension: '.safetensors',
  isPartial: true,
  write: (path: string, table: FeatureTable, rows: FeatureRows) =>
    writeGallery(path, table, { rows, parts }),
  read: readGallery,
  writeForeign: writeOtherTensors,
});

describeFeatureFile('a gallery, read for its features alone', {
  extension: '.safetensors',
  write: (path: string, table: FeatureTable, rows: FeatureRows) =>
    writeGallery(path, table, { rows, parts }),
  read: readFeatures,
  writeForeign: writeOtherTensors,
});
