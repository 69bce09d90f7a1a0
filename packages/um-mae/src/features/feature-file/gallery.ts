/**
 * Features for the studio: a safetensors file as `embed` writes it, with principal components and
 * small pictures beside the features, so that whoever looks at it needs neither the images nor
 * libtorch.
 */
import { encodeHeader, type Header, replaceFile } from '@um-mae/torch/files';
import { z } from 'zod';
import { at } from '../../at.js';
import {
  checksumOf,
  checksumOfNumbers,
  type FeatureOrigin,
  type FeatureRows,
  type FeatureTable,
  featureNames,
  featureOrigin,
  metadataOf,
  noFeatures,
  parseIn,
} from './feature-table.js';

/** The contents of a gallery beside its features. */
export interface GalleryParts {
  /** [images, components] */
  readonly values: Float32Array;
  readonly components: number;
  /** Share of the variance that each component has. */
  readonly explained: readonly number[];
  /** JPEGs, empty where there is none. */
  readonly pictures: readonly Uint8Array[];
}

export function writeGallery(
  path: string,
  table: FeatureTable,
  { rows, parts }: { readonly rows: FeatureRows; readonly parts: GalleryParts },
): void {
  const { values, components, explained, pictures } = parts;
  const ends = new BigInt64Array(pictures.length);
  let end = 0n;
  for (const [i, picture] of pictures.entries()) {
    end += BigInt(picture.length);
    ends[i] = end;
  }
  const tensor = (dtype: 'i64' | 'f32' | 'u8', ...shape: number[]) => ({
    dtype,
    shape,
    elements: shape.reduce((product, size) => product * size, 1),
  });
  const metadata = {
    ...metadataOf(table, rows),
    explained: JSON.stringify(explained),
    componentsChecksum: checksumOfNumbers(values),
  };
  replaceFile(path, (append) => {
    append(
      encodeHeader(
        [
          ['pictureEnds', tensor('i64', pictures.length)],
          ['features', tensor('f32', rows.count, rows.channels)],
          ['components', tensor('f32', rows.count, components)],
          ['pictures', tensor('u8', Number(end))],
        ],
        metadata,
      ),
    );
    append(bytesOf(ends));
    for (const piece of rows.pieces()) append(bytesOf(piece));
    append(bytesOf(values));
    for (const picture of pictures) append(picture);
  });
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Bytes of a file, from the end of its header. */
export interface GalleryPart {
  readonly begin: number;
  readonly end: number;
}

/** A gallery as its header describes it. */
export interface Gallery {
  readonly origin: FeatureOrigin;
  readonly paths: readonly string[];
  readonly labels: readonly (number | null)[];
  readonly channels: number;
  readonly components: number;
  readonly explained: readonly number[];
  /** CRC-32 of names, labels and features, and of components; files of before have none. */
  readonly checksums: Readonly<Record<'features' | 'components', string | undefined>>;
  readonly parts: Readonly<
    Record<'features' | 'components' | 'pictures' | 'pictureEnds', GalleryPart>
  >;
}

/**
 * @throws DataError when the file holds something else
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { embed, load } from 'um-mae';
 * import { parseGallery, parseHeader } from 'um-mae/features';
 *
 * using backbone = await load('runs/photos');
 * await embed(backbone, ['photos'], { out: 'gallery.safetensors', gallery: true });
 *
 * const bytes = await readFile('gallery.safetensors');
 * const length = Number(bytes.readBigUInt64LE(0));
 * const header = bytes.subarray(8, 8 + length);
 * const { paths, components } = parseGallery(
 *   parseHeader(header, bytes.length - 8 - length, 'gallery.safetensors'),
 *   'gallery.safetensors',
 * );
 * console.log(paths.length, components);
 * ```
 */
export function parseGallery({ entries, metadata }: Header, path: string): Gallery {
  const { origin, names, explained, checksum, componentsChecksum } = metadata;
  if (origin === undefined || names === undefined || explained === undefined) {
    throw noFeatures(path, 'a file without pictures and components');
  }
  const { paths, labels } = parseIn(featureNames, names, path);
  const images = paths.length;
  const part = (name: string, dtype: string, rank: number) => {
    const entry = entries.find((candidate) => candidate.name === name);
    const isRight = entry?.dtype === dtype && entry.shape.length === rank;
    if (!isRight) throw noFeatures(path, `no \`${name}\` of ${dtype}`);
    if (name !== 'pictures' && entry.shape[0] !== images) {
      throw noFeatures(path, `\`${name}\` of [${entry.shape.join(', ')}] for ${images} images`);
    }
    return entry;
  };
  const features = part('features', 'f32', 2);
  const components = part('components', 'f32', 2);
  const parts = {
    features,
    components,
    pictures: part('pictures', 'u8', 1),
    pictureEnds: part('pictureEnds', 'i64', 1),
  };
  return {
    origin: parseIn(featureOrigin, origin, path),
    paths,
    labels: labels ?? paths.map(() => null),
    channels: at(features.shape, 1),
    components: at(components.shape, 1),
    explained: parseIn(z.array(z.number()), explained, path),
    checksums: { features: checksum, components: componentsChecksum },
    parts,
  };
}

/**
 * Whether features or components are those of their checksum, or there is none.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { embed, load } from 'um-mae';
 * import { isWhole, parseGallery, parseHeader } from 'um-mae/features';
 *
 * using backbone = await load('runs/photos');
 * const path = 'checked.safetensors';
 * await embed(backbone, ['photos'], { out: path, gallery: true });
 *
 * const bytes = await readFile(path);
 * const length = Number(bytes.readBigUInt64LE(0));
 * const [header, data] = [bytes.subarray(8, 8 + length), bytes.subarray(8 + length)];
 * const gallery = parseGallery(parseHeader(header, data.length, path), path);
 * const { begin, end } = gallery.parts.features;
 * const values = new Float32Array(Uint8Array.from(data.subarray(begin, end)).buffer);
 * console.log(isWhole(gallery, 'features', values)); // true
 * ```
 */
export function isWhole(
  { paths, labels, checksums, origin }: Gallery,
  name: 'features' | 'components',
  values: Float32Array,
): boolean {
  const { [name]: written } = checksums;
  if (written === undefined) return true;
  if (name === 'components') return written === checksumOfNumbers(values);
  return written === checksumOf({ origin, paths, labels }, [values]);
}
