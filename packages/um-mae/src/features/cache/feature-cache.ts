/**
 * Features on the disk, by what made them: the weights, the preparation, and the bytes of each
 * image. Images that are moved, renamed or listed otherwise keep theirs.
 *
 * A folder for each encoder and preparation holds parts, each written in one move: several programs
 * may add to it.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fromArray, SerializationError, scope } from '@um-mae/torch';
import { readSafetensors, writeSafetensors } from '@um-mae/torch/serialization';
import { at } from '../../at.js';
import { FileError } from '../../errors.js';
import { makeFolder, withFileErrors } from '../../files/file-errors.js';
import type { FrozenBackbone, Preparation } from '../frozen-backbone.js';

/** Features of all stages, so that another choice of stages finds them too. */
export class FeatureCache {
  /** Rows that are not on the disk yet. */
  private fresh: [image: string, row: Float32Array][] = [];

  private constructor(
    private readonly folder: string,
    private readonly rows: Map<string, Float32Array>,
  ) {}

  /**
   * Reads what there is; damaged parts are as if they were not there.
   *
   * @param channels of one row
   * @throws FileError when the folder cannot be made
   */
  static async open(folder: string, channels: number): Promise<FeatureCache> {
    const names = await withFileErrors({ verb: 'write', path: folder, as: FileError }, async () => {
      await makeFolder(folder);
      return readdir(folder);
    });
    const rows = new Map<string, Float32Array>();
    for (const name of names.sort()) {
      if (!name.endsWith('.safetensors')) continue;
      for (const [image, row] of readPart(join(folder, name), channels)) rows.set(image, row);
    }
    return new FeatureCache(folder, rows);
  }

  /** @param image SHA-256 of its bytes, in hexadecimal digits */
  get(image: string): Float32Array | undefined {
    return this.rows.get(image);
  }

  add(image: string, row: Float32Array): void {
    this.rows.set(image, row);
    this.fresh.push([image, row]);
    if (this.fresh.length === rowsPerPart) this.flush();
  }

  /** Writes what has been added. @throws SerializationError when the disk is full */
  flush(): void {
    if (this.fresh.length === 0) return;
    const images = Buffer.concat(this.fresh.map(([image]) => Buffer.from(image, 'hex')));
    const rows = this.fresh.length;
    const channels = at(this.fresh, 0)[1].length;
    const features = new Float32Array(rows * channels);
    for (const [place, [, row]] of this.fresh.entries()) features.set(row, place * channels);
    scope(() =>
      writeSafetensors(
        join(this.folder, `${randomUUID()}.safetensors`),
        new Map([
          ['images', fromArray(new Uint8Array(images), { shape: [rows, digestBytes] })],
          ['features', fromArray(features, { shape: [rows, channels] })],
        ]),
      ),
    );
    this.fresh = [];
  }
}

const rowsPerPart = 4096;
const digestBytes = 32;

function* readPart(path: string, channels: number): Generator<[string, Float32Array]> {
  const part = scope(() => {
    try {
      const { tensors } = readSafetensors(path);
      const [images, features] = [tensors.get('images'), tensors.get('features')];
      if (images?.shape[1] !== digestBytes || features?.shape[1] !== channels) return undefined;
      if (images.shape[0] !== features.shape[0]) return undefined;
      return { images: images.toArray(), features: features.toArray() as Float32Array };
    } catch (error) {
      if (error instanceof SerializationError) return undefined;
      throw error;
    }
  });
  if (!part) return;
  const digests = Buffer.from(part.images.buffer, part.images.byteOffset, part.images.byteLength);
  for (let row = 0; row * channels < part.features.length; row++) {
    const image = digests.toString('hex', row * digestBytes, (row + 1) * digestBytes);
    yield [image, part.features.subarray(row * channels, (row + 1) * channels)];
  }
}

/** The folder of an encoder and a preparation in a cache. */
export function cacheFolder(
  cache: string,
  { weights }: FrozenBackbone,
  { image, view, pooling }: Preparation,
): string {
  // Means have the key that they had when there was no other pooling.
  const pooled = pooling === 'mean' ? [] : [pooling];
  const parts = [1, weights, image.height, image.width, view, 'center-crop', ...pooled];
  return join(cache, createHash('sha256').update(parts.join()).digest('hex').slice(0, 16));
}
