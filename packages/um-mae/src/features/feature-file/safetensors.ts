/**
 * Features as the tensor `features` of a safetensors file, whose metadata says what its rows are.
 */
import { scope } from '@um-mae/torch';
import { encodeHeader, readSafetensors, replaceFile } from '@um-mae/torch/serialization';
import { at } from '../../at.js';
import {
  checkFeatures,
  type FeatureRows,
  type Features,
  type FeatureTable,
  featureNames,
  featureOrigin,
  metadataOf,
  noFeatures,
  parseIn,
} from './feature-table.js';

export function writeFeatureTensor(path: string, table: FeatureTable, rows: FeatureRows): void {
  const { count, channels } = rows;
  const tensor = { dtype: 'f32', shape: [count, channels], elements: count * channels } as const;
  const metadata = metadataOf(table, rows);
  replaceFile(path, (append) => {
    append(encodeHeader([['features', tensor]], metadata));
    for (const { buffer, byteOffset, byteLength } of rows.pieces()) {
      append(new Uint8Array(buffer, byteOffset, byteLength));
    }
  });
}

/** @throws DataError or SerializationError when it is something else */
export function readFeatureTensor(path: string): Features {
  return scope(() => {
    const { tensors, metadata } = readSafetensors(path);
    const features = tensors.get('features');
    const { origin, names, checksum } = metadata;
    if (features?.dtype !== 'f32' || origin === undefined || names === undefined) {
      throw noFeatures(
        path,
        `tensors ${[...tensors.keys()].slice(0, 3).join(', ').slice(0, 100) || 'of no name'}`,
      );
    }
    const { paths, labels } = parseIn(featureNames, names, path);
    if (features.shape.length !== 2 || features.shape[0] !== paths.length) {
      throw noFeatures(path, `features of shape [${features.shape}] for ${paths.length} images`);
    }
    const read = {
      origin: parseIn(featureOrigin, origin, path),
      paths,
      labels: labels ?? paths.map(() => null),
      values: features.toArray() as Float32Array,
      channels: at(features.shape, 1),
    };
    return checkFeatures(read, checksum, path);
  });
}
