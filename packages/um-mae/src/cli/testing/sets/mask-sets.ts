/** Small sets of images with masks, as people have them, for tests. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { expect } from 'vitest';
import { pngColour, writePng } from '../../../images/png/png-file.js';
import { refusal, temporaryFolder } from '../command-line.js';

/** The size of an image. */
type Size = readonly [width: number, height: number];

/** Writes a file, and its folders where they are missing. */
export function put(path: string, bytes: Buffer | string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

/** An image of one grey. */
export async function jpeg([width, height]: Size = [8, 6], orientation = 1): Promise<Buffer> {
  const create = { width, height, channels: 3, background: '#777' } as const;
  return sharp({ create }).jpeg().withMetadata({ orientation }).toBuffer();
}

/** Values that take turns, as grey levels or, with a palette, as indices. */
export function mask(
  values: readonly number[],
  [width, height]: Size = [8, 6],
  palette?: Uint8Array,
): Buffer {
  const pixel = (at: number) => values[Math.floor((at * values.length) / (width * height))] ?? 0;
  const rows = Array.from({ length: height }, (_, row) => [
    0,
    ...Array.from({ length: width }, (__, column) => pixel(row * width + column)),
  ]);
  const colour = palette ? pngColour.index : pngColour.grey;
  const header = { width, height, bits: 8, colour } as const;
  return writePng(header, {
    rows: Uint8Array.from(rows.flat()),
    palette: palette ?? new Uint8Array(),
  });
}

/** Colours that take turns. */
export async function colours(
  levels: readonly number[][],
  [width, height]: Size = [8, 6],
): Promise<Buffer> {
  const pixels = Array.from(
    { length: width * height },
    (_, i) => levels[Math.floor((i * levels.length) / (width * height))] ?? [],
  );
  const raw = { width, height, channels: 3 } as const;
  return sharp(Uint8Array.from(pixels.flat()), { raw }).png().toBuffer();
}

/** The command line that checks a set of images with masks. */
export const check = (set: string, ...flags: readonly string[]) => ['data', 'check', set, ...flags];

/** The values of a recipe that say what flags of `data check` say. */
const settings: Readonly<Record<string, (value: string) => string>> = {
  '--classes': (value) => `data.classes={${value.replaceAll('=', ': ')}}`,
  '--ignore': (value) => `data.ignore=[${value}]`,
};

/** A folder of such sets, which goes when the test file has ended. */
export class MaskSets {
  private readonly root = temporaryFolder();

  at(...names: readonly string[]): string {
    return join(this.root, ...names);
  }

  /** A set of images/ and masks/ with a part for training and one for validation. */
  async pairs(
    name: string,
    train: Readonly<Record<string, Buffer>>,
    val: Readonly<Record<string, Buffer>> = train,
  ): Promise<string> {
    for (const [part, masks] of Object.entries({ train, val })) {
      for (const [stem, bytes] of Object.entries(masks)) {
        put(this.at(name, 'images', part, `${stem}.jpg`), await jpeg());
        put(this.at(name, 'masks', part, `${stem}.png`), bytes);
      }
    }
    return this.at(name);
  }

  /** The sentence by which `data check` refuses a set, as does `finetune` before its first step. */
  async refused(set: string, ...flags: readonly string[]): Promise<string> {
    const sentence = await refusal(...check(set, ...flags));
    const given = flags.flatMap((flag, i) => {
      const write = settings[flag];
      return write ? ['--set', write(flags[i + 1] ?? '')] : [];
    });
    const out = this.at('never');
    const finetune = ['finetune', '--task', 'segmentation', '--from', 'none', '--data', set];
    const small = ['--model', 'swin-micro', '--threads', '1', '--steps', '1', '--out', out];
    expect(await refusal(...finetune, ...given, ...small)).toBe(sentence);
    expect(existsSync(out)).toBe(false);
    return sentence;
  }
}
