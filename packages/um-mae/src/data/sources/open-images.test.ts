import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetWriteFile } from 'hyparquet-writer';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packImages } from '../curation/pack.js';
import { tarEnd, tarHeader, tarPadding } from '../curation/tar-writer.js';
import { nameOf } from './image-set.js';
import { openImages } from './open-images.js';
import { ImageReader } from './read-image.js';

let folder = '';
const names = ['cat/a', 'cat/b', 'dog/c', 'dog/d', 'dog/e', 'owl/f', 'owl/g'];
const labels = [0, 0, 1, 1, 1, 2, 2];
let contents: Buffer[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'um-mae-open-'));
  contents = await Promise.all(
    names.map((_, i) =>
      sharp({ create: { width: 8 + i, height: 9, channels: 3, background: `rgb(${i}, 90, 9)` } })
        .png()
        .toBuffer(),
    ),
  );
  for (const [i, name] of names.entries()) {
    await mkdir(join(folder, 'photos', name, '..'), { recursive: true });
    writeFileSync(at(`photos/${name}.png`), contents[i] as Buffer);
  }
  const lines = names.map((name, i) => `photos/${name}.png ${labels[i]}`);
  writeFileSync(at('list.txt'), `\uFEFF${lines.join('\r\n')}\r\n\r\n`);
  const opened = await openImages([at('photos')]);
  await packImages(opened, { out: at('shards'), imagesPerShard: 3 });
  for (const [name, rowGroupSize, offsets] of [
    ['groups', 2, false],
    ['pages', 4, true],
  ] as const) {
    writeParquet(name, rowGroupSize, offsets);
  }
});
afterAll(() => rm(folder, { recursive: true }));

const at = (name: string) => join(folder, name);

function writeParquet(name: string, rowGroupSize: number, offsetIndex: boolean) {
  const image = contents.map((bytes, i) => ({ bytes, path: `${names[i]}.png` }));
  parquetWriteFile({
    filename: at(`${name}.parquet`),
    columnData: [
      { name: 'image', data: image, offsetIndex },
      { name: 'label', data: labels.map(BigInt) },
    ],
    schema: [
      { name: 'root', num_children: 2 },
      { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
      { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
      { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      { name: 'label', type: 'INT64', repetition_type: 'OPTIONAL' },
    ],
    rowGroupSize,
  });
}

/** Everything of a set, visited from the end. */
async function read(...inputs: readonly string[]) {
  const { images, labelOf } = await openImages(inputs.map(at));
  const reader = new ImageReader();
  const indices = Array.from({ length: images.count }, (_, index) => index);
  const bytes: Buffer[] = [];
  for (const index of indices.toReversed()) bytes[index] = await reader.read(images.locate(index));
  return {
    bytes,
    labels: indices.map((index) => labelOf(index)),
    names: indices.map((index) => nameOf(images.locate(index))),
    digest: images.digest,
  };
}

describe('openImages', () => {
  test('joins sources in an order of its own', async () => {
    const mixed = await read('groups.parquet', 'shards', 'list.txt', 'photos');
    expect(mixed.bytes).toEqual([...contents, ...contents, ...contents, ...contents]);
    expect(mixed.names[14]).toBe(at('shards/000000.tar/cat/00000000-a.png'));
    expect(mixed.names.at(-1)).toBe(at('groups.parquet/6'));
    const turned = await read(
      'photos',
      'list.txt',
      'groups.parquet',
      'shards/{000000..000002}.tar',
    );
    expect(turned.digest).toBe(mixed.digest);
    expect((await read('photos', 'shards')).digest).not.toBe(mixed.digest);
  });

  test('keeps its digest when it is moved as a whole', async () => {
    const before = await read('photos', 'list.txt', 'shards', 'pages.parquet');
    await cp(folder, `${folder}-moved`, { recursive: true });
    const inputs = ['photos', 'list.txt', 'shards', 'pages.parquet'].map(
      (name) => `${folder}-moved/${name}`,
    );
    const { images } = await openImages(inputs);
    expect(images.digest).toBe(before.digest);
    await rm(`${folder}-moved`, { recursive: true });
  });

  test('knows no classes in other layouts', async () => {
    const { labelOf, classes } = await openImages([at('photos/cat'), at('photos/dog')]);
    expect(classes).toEqual([]);
    expect(labelOf(0)).toBeUndefined();
  });

  test('rejects ranges that run backwards, or are of too many files', async () => {
    await expect(openImages([at('shards/{3..1}.tar')])).rejects.toThrow('but got {3..1}.');
    const wide = at('shards/{0..9}{000000..999999}.tar');
    await expect(openImages([wide])).rejects.toThrow('but got 10 x 1000000.');
  });

  test('rejects an empty path, which would be the current folder', async () => {
    await expect(openImages([''])).rejects.toThrow('Expected the path of images but got an empty');
    await expect(openImages([])).rejects.toThrow(
      'Name folders, lists, shards or tables by --data.',
    );
  });

  test('finds images that are no regular files, too large or gone unreadable', async () => {
    execFileSync('mkfifo', [at('pipe.png')]);
    mkdirSync(at('folder.png'));
    writeFileSync(at('large.png'), '');
    truncateSync(at('large.png'), 3 * 2 ** 30);
    symlinkSync('/dev/zero', at('device.png'));
    symlinkSync(at('circle.png'), at('circle.png'));
    const reasons = {
      pipe: 'no regular file',
      folder: 'a folder',
      large: 'larger than 1073741824',
      device: 'no regular file',
      circle: 'a link that leads to itself',
    };
    for (const [name, reason] of Object.entries(reasons)) {
      const location = { kind: 'file', path: at(`${name}.png`) } as const;
      await expect(new ImageReader().read(location)).rejects.toThrow(`one that is ${reason}`);
    }
  });
});

describe('a list', () => {
  const list = (...lines: readonly string[]) => writeFileSync(at('bad.lst'), lines.join('\n'));

  test('may begin at another folder, and hold spaces and no classes', async () => {
    await cp(at('photos/cat/a.png'), at('photos/my photo 3.png'));
    list('my photo 3.png', 'my photo 3.png 4', join(folder, 'photos/cat/b.png'));
    const { labelOf } = await openImages([at('bad.lst')], { root: at('photos') });
    expect([0, 1, 2].map((index) => labelOf(index))).toEqual([undefined, 4, undefined]);
    await rm(at('photos/my photo 3.png'));
  });

  test('without labels has folders as classes where classes are wanted', async () => {
    list(...['dog/c', 'cat/b', 'owl/f', 'dog/d'].map((name) => `photos/${name}.png`));
    const { images, labelOf, classes } = await openImages([at('bad.lst')], { labelled: true });
    expect(classes).toEqual(['cat', 'dog', 'owl']);
    expect([0, 1, 2, 3].map((index) => labelOf(index))).toEqual([1, 0, 2, 1]);
    const plain = await openImages([at('bad.lst')]);
    expect([plain.classes, plain.labelOf(0)]).toEqual([[], undefined]);
    expect(plain.images.digest).toBe(images.digest);
  });

  test('with labels on some lines leaves the other images without a class', async () => {
    list('photos/dog/c.png 4', 'photos/cat/b.png');
    const { labelOf, classes } = await openImages([at('bad.lst')], { labelled: true });
    expect([classes, labelOf(0), labelOf(1)]).toEqual([[], 4, undefined]);
  });

  test('names the line that is wrong', async () => {
    list('photos/cat/a.png', '', 'photos/cat/gone.png 3');
    await expect(openImages([at('bad.lst')])).rejects.toThrow(
      `Expected the image of line 3 of ${at('bad.lst')} at \`${at('photos/cat/gone.png')}\` but got nothing there.`,
    );
    list('photos/cat/a.png 0', 'photos/cat/b.pong 1');
    await expect(openImages([at('bad.lst')])).rejects.toThrow(
      `on line 2 of ${at('bad.lst')} but got "photos/cat/b.pong 1".`,
    );
    list('', ' ');
    await expect(openImages([at('bad.lst')])).rejects.toThrow('but got no lines.');
  });
});

describe('a shard', () => {
  const shard = (...members: readonly (readonly [string, Uint8Array])[]) => {
    const parts = members.flatMap(([name, bytes]) => [
      tarHeader(name, bytes.length),
      bytes,
      tarPadding(bytes.length),
    ]);
    writeFileSync(at('own.tar'), Buffer.concat([...parts, tarEnd]));
  };
  const [text, one] = [Buffer.from('text'), Buffer.from('12\n')];

  test('groups members by key, and takes masks, notes and hidden files for no images', async () => {
    const [a, b, c] = contents as [Buffer, Buffer, Buffer];
    shard(
      ['x/1.mask.png', a],
      ['x/1.cls', one],
      ['x/1.jpg', b],
      ['x/1.json', text],
      ['x/._1.jpg', text],
      ['y/2.large.png', c],
      ['y/2.txt', text],
      ['y/\u001b[31m3.png', a],
    );
    const set = await read('own.tar');
    expect(set.bytes).toEqual([b, c, a]);
    expect(set.labels).toEqual([12, undefined, undefined]);
    const inside = ['x/1.jpg', 'y/2.large.png', 'y/?[31m3.png'];
    expect(set.names).toEqual(inside.map((name) => `${at('own.tar')}/${name}`));
  });

  test('takes classes from descriptions, and no others', async () => {
    const [a] = contents as [Buffer];
    const descriptions = [
      '{"label": 7}',
      '{"label": -1}',
      '{"label": 1.5}',
      '[7]',
      'null',
      '{"lab',
    ];
    shard(
      ...descriptions.flatMap((description, i) => [
        [`${i}.png`, a] as const,
        [`${i}.json`, Buffer.from(description)] as const,
      ]),
      ['9.png', a],
      ['9.json', Buffer.from('{"label": 3}')],
      ['9.cls', one],
    );
    expect((await read('own.tar')).labels).toEqual([7, ...Array(5).fill(undefined), 12]);
  });

  test('has its index written once, and again when it has changed', async () => {
    const [a, b] = contents as [Buffer, Buffer];
    shard(['1.png', a]);
    await read('own.tar');
    const index = () => readFileSync(at('own.tar.index'));
    const first = index();
    await read('own.tar');
    expect(index()).toEqual(first);

    shard(['2.png', b]);
    utimesSync(at('own.tar'), 1, 1);
    expect((await read('own.tar')).bytes).toEqual([b]);
    expect(index()).not.toEqual(first);

    for (const damaged of [Buffer.from('{'), index().subarray(0, 260), Buffer.alloc(0)]) {
      writeFileSync(at('own.tar.index'), damaged);
      expect((await read('own.tar')).bytes).toEqual([b]);
    }
  });

  test('has its index written again where any byte of it is another', async () => {
    const [a] = contents as [Buffer];
    shard(['1.png', a], ['1.cls', one]);
    utimesSync(at('own.tar'), 1, 1);
    await read('own.tar');
    const whole = readFileSync(at('own.tar.index'));
    for (let place = 0; place < whole.length; place += 5) {
      const damaged = Buffer.from(whole);
      damaged.writeUInt8(damaged.readUInt8(place) ^ (1 << (place % 8)), place);
      writeFileSync(at('own.tar.index'), damaged);
      const { labelOf } = await openImages([at('own.tar')]);
      expect(labelOf(0), `byte ${place}`).toBe(12);
      expect(readFileSync(at('own.tar.index')), `byte ${place}`).toEqual(whole);
    }
  });

  test('without images is told like a folder without images', async () => {
    shard(['a.txt', text]);
    await expect(openImages([at('own.tar')])).rejects.toThrow('but got no files.');
    expect(existsSync(at('own.tar.index'))).toBe(true);
  });
});

describe('Parquet', () => {
  test('without a column of images is refused by name', async () => {
    const filename = at('words.parquet');
    parquetWriteFile({ filename, columnData: [{ name: 'word', data: ['a'], type: 'STRING' }] });
    await expect(openImages([filename])).rejects.toThrow(
      `Expected a column \`image\` of encoded images in ${filename} but got \`word\`.`,
    );
    const columnData = ['left', 'right'].map((name) => ({
      name,
      data: [contents[0]],
      type: 'BYTE_ARRAY' as const,
    }));
    parquetWriteFile({ filename, columnData });
    await expect(openImages([filename])).rejects.toThrow('but got `left`, `right`.');
    parquetWriteFile({ filename, columnData: columnData.slice(1) });
    expect((await read('words.parquet')).bytes).toEqual(contents.slice(0, 1));
    writeFileSync(filename, 'PAR1 of another kind');
    await expect(openImages([filename])).rejects.toThrow(
      /^Expected a Parquet file in .* but got: /,
    );
  });

  test('names rows without a picture', async () => {
    parquetWriteFile({
      filename: at('gaps.parquet'),
      columnData: [
        { name: 'image', data: [contents[0], null], type: 'BYTE_ARRAY', nullable: true },
      ],
    });
    const { images } = await openImages([at('gaps.parquet')]);
    expect(images.count).toBe(2);
    await expect(new ImageReader().read(images.locate(1))).rejects.toThrow('empty (zero bytes)');
  });
});
