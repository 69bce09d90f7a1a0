/** Images that differ, and are the same every time. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';

export interface PictureOptions {
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  /** Whether parts of it are transparent. Default false. */
  readonly alpha?: boolean;
  /** The number of the orientation in EXIF. Default: none is written. */
  readonly orientation?: number;
}

/**
 * @param path its ending decides the format
 * @returns the path
 */
export async function writePicture(path: string, options: PictureOptions): Promise<string> {
  const { width, height, seed, alpha = false, orientation } = options;
  const channels = alpha ? 4 : 3;
  const data = new Uint8Array(width * height * channels);
  for (let i = 0; i < data.length; i++) {
    const [channel, pixel] = [i % channels, Math.floor(i / channels)];
    const [x, y] = [(pixel % width) / width, Math.floor(pixel / width) / height];
    const wave = Math.sin((seed % 5) * 3 * x + (seed % 7) * 4 * y + channel * (seed % 3) + seed);
    data[i] = 128 + 127 * wave;
  }
  const image = sharp(data, { raw: { width, height, channels } });
  if (orientation !== undefined) image.withMetadata({ orientation });
  await image.toFile(path);
  return path;
}

/** Images of 40 pixels, whose seeds begin at `seed`. */
export async function writePictures(
  folder: string,
  { count, seed }: { readonly count: number; readonly seed: number },
): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const seeds = Array.from({ length: count }, (_, place) => seed + place);
  return Promise.all(
    seeds.map((one) =>
      writePicture(join(folder, `${one}.png`), { width: 40, height: 40, seed: one }),
    ),
  );
}

/** Images of a bright disc on dark ground, with masks and the names of the two classes. */
export async function writeSegments(folder: string, part: string, count: number): Promise<void> {
  const [images, masks] = ['images', 'masks'].map((kind) => join(folder, kind, part));
  for (const place of [images, masks]) mkdirSync(place ?? '', { recursive: true });
  writeFileSync(join(folder, 'masks/classes.txt'), 'ground\ndisc\n');
  const size = { width: 40, height: 36 };
  for (let seed = 0; seed < count; seed++) {
    const inside = Uint8Array.from({ length: size.width * size.height }, (_, pixel) => {
      const [x, y] = [pixel % size.width, Math.floor(pixel / size.width)];
      return Number(Math.hypot(x - 12 - 4 * seed, y - 18) < 9);
    });
    const levels = Uint8Array.from(
      { length: 3 * inside.length },
      (_, i) => 40 + 160 * (inside[Math.floor(i / 3)] ?? 0),
    );
    const [image, mask] = [images, masks].map((place) => join(place ?? '', `${seed}.png`));
    await sharp(levels, { raw: { ...size, channels: 3 } }).toFile(image ?? '');
    const grey = sharp(inside, { raw: { ...size, channels: 1 } }).toColourspace('b-w');
    await grey.png().toFile(mask ?? '');
  }
}

/** A PNG whose header tells of another size. */
export function claimSize(png: Buffer, side: number): Buffer {
  const claimed = Buffer.from(png);
  claimed.writeUInt32BE(side, 16);
  claimed.writeUInt32BE(side, 20);
  claimed.writeUInt32BE(crc32(claimed.subarray(12, 29)), 29);
  return claimed;
}
