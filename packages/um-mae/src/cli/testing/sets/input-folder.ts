/** Small sets of images of four classes, in every form that people have them in. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parquetWriteFile } from 'hyparquet-writer';
import sharp from 'sharp';
import { expect } from 'vitest';
import { at } from '../../../at.js';
import { tarEnd, tarHeader, tarPadding } from '../../../data/curation/tar-writer.js';
import { refusal, reported, temporaryFolder, tinyModel, umMae } from '../command-line.js';

export const classes = ['cat', 'dog', 'fox', 'owl'];

/** Three images of each class. */
export const counts = Object.fromEntries(classes.map((name) => [name, 3]));

/** A name in an archive, and what it holds. */
export type Member = readonly [string, string | Uint8Array];

/** A column of a table. */
export type Column = {
  readonly name: string;
  readonly data: readonly unknown[];
  readonly type: string;
};

const classOf = classes.flatMap((name) => [name, name, name]);

/** The name of an image's class. */
export const nameOf = (i: number) => at(classOf, i);

/** The place of an image's class. */
export const numberOf = (i: number) => `${Math.floor(i / 3)}`;

/** A row for each image. */
export const perImage = <Value>(of: (i: number) => Value): Value[] => classOf.map((_, i) => of(i));

export const numbers = (name: string, of: (i: number) => number): Column => ({
  name,
  data: perImage((i) => BigInt(of(i))),
  type: 'INT64',
});

export const words = (name: string, of: (i: number) => string): Column => ({
  name,
  data: perImage(of),
  type: 'STRING',
});

/** A column of Hugging Face's metadata whose numbers have names. */
export const label = (names: readonly string[]) => ({ names, _type: 'ClassLabel' });

export function tarMember([name, content]: Member): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([tarHeader(name, bytes.length), bytes, tarPadding(bytes.length)]);
}

/** A folder of inputs, which goes when the test file has ended; `run` in it is a run. */
export class InputFolder {
  readonly root = temporaryFolder();
  /** Three images of each class, in their order. */
  images: readonly Buffer[] = [];

  /** Draws the images, writes them into `val/CLASS/I.png`, and makes the run. */
  async prepare(): Promise<void> {
    const colours = ['rgb(220,30,30)', 'rgb(30,200,40)', 'rgb(30,40,220)', 'rgb(230,220,30)'];
    this.images = await Promise.all(
      classOf.map((name, i) => {
        const background = at(colours, classes.indexOf(name));
        const create = { width: 32 + (i % 3), height: 32, channels: 3 as const, background };
        return sharp({ create }).png().toBuffer();
      }),
    );
    this.folders('val');
    const args = [...tinyModel, '--batch-size', '4', '--steps', '1', '--data', this.path('val')];
    expect(await umMae('pretrain', ...args, '--out', this.path('run'))).toMatchObject({ code: 0 });
  }

  path(name: string): string {
    return join(this.root, name);
  }

  write(name: string, bytes: string | Uint8Array): string {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), bytes);
    return this.path(name);
  }

  /** Writes `name/CLASS/I.png`, the classes perhaps called otherwise. */
  folders(name: string, called: readonly string[] = classes): string {
    for (const [i, bytes] of this.images.entries()) {
      this.write(`${name}/${called[Math.floor(i / 3)]}/${i}.png`, bytes);
    }
    return this.path(name);
  }

  tar(name: string, ...parts: readonly (Member | Uint8Array)[]): string {
    const blocks = parts.map((part) => (part instanceof Uint8Array ? part : tarMember(part)));
    return this.write(name, Buffer.concat([...blocks, tarEnd]));
  }

  /** Images with labels beside them, named by their place. */
  pairs(labelOf: (i: number) => string, called = (i: number) => `${i}`, ending = 'cls'): Member[] {
    return this.images.flatMap((bytes, i): Member[] => [
      [`${called(i)}.png`, bytes],
      [`${called(i)}.${ending}`, labelOf(i)],
    ]);
  }

  table(name: string, columns: readonly Column[], features?: object): string {
    const filename = this.write(name, '');
    parquetWriteFile({
      filename,
      columnData: columns as Parameters<typeof parquetWriteFile>[0]['columnData'],
      ...(features && {
        kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }],
      }),
    });
    return filename;
  }

  picture(): Column {
    return { name: 'image', data: this.images, type: 'BYTE_ARRAY' };
  }

  /** Writes a line for each image. */
  list(name: string, line: (i: number) => string): string {
    return this.write(name, perImage(line).join('\n'));
  }

  check(input: string, ...flags: readonly string[]) {
    return reported('data', 'check', input, ...flags);
  }

  /** Gives the share of the images that neighbours tell right: 1 where labels are. */
  async right(train: string, val: string, ...flags: readonly string[]): Promise<number> {
    const args = ['--train', train, '--val', val, ...flags];
    return (await reported('probe', this.path('run'), ...args)).neighbours;
  }

  refusedProbe(train: string, val: string, ...flags: readonly string[]): Promise<string> {
    return refusal('probe', this.path('run'), '--train', train, '--val', val, ...flags);
  }
}

/** The path of an image in the folder, as a list has it. */
export const listed = (i: number) => `val/${nameOf(i)}/${i}.png`;
