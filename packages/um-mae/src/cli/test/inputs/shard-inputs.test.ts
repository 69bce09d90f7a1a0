/** Shards that people have: see docs/inputs.md. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { at } from '../../../at.js';
import { tarEnd } from '../../../data/curation/tar-writer.js';
import { refusal, reported } from '../../testing/command-line.js';
import {
  counts,
  InputFolder,
  listed,
  type Member,
  nameOf,
  numberOf,
  tarMember,
} from '../../testing/sets/input-folder.js';

const inputs = new InputFolder();
beforeAll(() => inputs.prepare());

describe('shards', () => {
  const json = (value: (i: number) => object) =>
    inputs.pairs((i) => JSON.stringify(value(i)), undefined, 'json');

  test.each([
    ['words in .cls', () => inputs.tar('words.tar', ...inputs.pairs((i) => `${nameOf(i)}\n`)), []],
    ['words in .CLS', () => inputs.tar('UPPER.TAR', ...inputs.pairs(nameOf, undefined, 'CLS')), []],
    [
      'words in .json with a mark',
      () =>
        inputs.tar(
          'mark.tar',
          ...inputs.pairs((i) => `\uFEFF{"label":"${nameOf(i)}"}`, undefined, 'json'),
        ),
      [],
    ],
    ['words in .json', () => inputs.tar('json.tar', ...json((i) => ({ label: nameOf(i) }))), []],
    [
      'a field',
      () => inputs.tar('field.tar', ...json((i) => ({ kind: nameOf(i) }))),
      ['--label-column', 'kind'],
    ],
    [
      'an ending',
      () => inputs.tar('txt.tar', ...inputs.pairs(nameOf, undefined, 'txt')),
      ['--label-column', 'txt'],
    ],
    [
      'dots in dates',
      () => inputs.tar('dates.tar', ...inputs.pairs(nameOf, (i) => `2020.05.${10 + i}_cam`)),
      [],
    ],
    [
      'dots in versions',
      () => inputs.tar('v.tar', ...inputs.pairs(nameOf, (i) => `a_${i % 3}.${i}`)),
      [],
    ],
    [
      'classes behind all images',
      () => {
        const both = inputs.pairs(nameOf);
        const isImage = ([name]: Member) => name.endsWith('.png');
        return inputs.tar(
          'apart.tar',
          ...both.filter(isImage),
          ...both.filter((one) => !isImage(one)),
        );
      },
      [],
    ],
    [
      'archives joined',
      () =>
        inputs.tar(
          'joined.tar',
          ...inputs.pairs(nameOf).slice(0, 12),
          tarEnd,
          ...inputs.pairs(nameOf).slice(12),
        ),
      [],
    ],
    [
      'a lone block of zeros',
      () =>
        inputs.tar(
          'lone.tar',
          ...inputs.pairs(nameOf).slice(0, 1),
          new Uint8Array(512),
          ...inputs.pairs(nameOf).slice(1),
        ),
      [],
    ],
    [
      'images of one name',
      () => inputs.tar('one-name.tar', ...inputs.pairs(nameOf, () => 'sample')),
      [],
    ],
    [
      'a class that is written anew at the end',
      () => {
        const wrong = inputs.pairs((i) => (i === 0 ? 'owl' : nameOf(i)));
        return inputs.tar('anew.tar', ...wrong, ['0.cls', 'cat'] as const);
      },
      [],
    ],
    [
      'long names',
      () => inputs.tar('long.tar', ...inputs.pairs(nameOf, (i) => `${'long'.repeat(40)}${i}`)),
      [],
    ],
  ])('have the classes of %s', async (_, written, flags) => {
    const shard = written();
    const { images: count, classes: found } = await inputs.check(shard, ...flags);
    expect([count, found]).toEqual([12, counts]);
    expect(await inputs.right(inputs.path('val'), shard, ...flags)).toBe(1);
  });

  const inFolders = (i: number) => `./set/${nameOf(i)}/${i}`;
  const folded = (called: (i: number) => string) =>
    inputs.images.map((bytes, i): Member => [`${called(i)}.png`, bytes]);

  test('have the classes of their folders where nothing beside the images tells any', async () => {
    const shard = inputs.tar('folded.tar', ...folded(inFolders));
    const { classes: found, remarks } = await inputs.check(shard);
    expect(found).toEqual(counts);
    expect(remarks).toMatchObject([{ what: 'archives whose folders are the classes' }]);
    expect(await inputs.right(inputs.path('val'), shard)).toBe(1);
    const parts = folded(inFolders);
    inputs.tar('apart/a.tar', ...parts.slice(0, 3));
    inputs.tar('apart/b.tar', ...parts.slice(3));
    expect((await inputs.check(inputs.path('apart'))).classes).toEqual(counts);
    const digits = inputs.tar(
      'digits.tar',
      ...folded((i) => `${['2', '10', '1', '0'][Math.floor(i / 3)]}/${i}`),
    );
    expect((await inputs.check(digits)).classes).toEqual({ 0: 3, 1: 3, 10: 3, 2: 3 });
  });

  test.each([
    ['split further', (i: number) => `${i % 2 ? 'train' : 'val'}/${nameOf(i)}/${i}`],
    ['some of them in none', (i: number) => (i === 0 ? '0' : inFolders(i))],
    ['one folder', (i: number) => `images/${i}`],
  ])('have no classes of folders that are %s', async (kind, called) => {
    const shard = inputs.tar(`${kind}.tar`, ...folded(called));
    expect(await inputs.refusedProbe(shard, inputs.path('val'))).toMatch(/Put a class beside/);
  });

  test('take what .cls says before folders, and none of them where it says none', async () => {
    const turned = inputs.tar('turned.tar', ...inputs.pairs(nameOf, (i) => `x${i % 2}/${i}`));
    expect((await inputs.check(turned)).classes).toEqual(counts);
    const secret = inputs.tar('secrets.tar', ...inputs.pairs(() => '-1', inFolders));
    expect(await inputs.refusedProbe(secret, inputs.path('val'))).toMatch(/secret classes/);
  });

  test.each([
    ['in .cls', () => inputs.tar('floats.tar', ...inputs.pairs((i) => `${numberOf(i)}.0`))],
    ['in lists', () => inputs.list('floats.csv', (i) => `${listed(i)},${numberOf(i)}.0`)],
    [
      'beside names',
      () => {
        inputs.write('named/classes.txt', 'cat\ndog\nfox\nowl\n');
        return inputs.tar('named/a.tar', ...inputs.pairs((i) => `${numberOf(i)}.00`));
      },
    ],
  ])('whole numbers written as floats are numbers: %s', async (_, written) => {
    expect(await inputs.right(inputs.path('val'), written())).toBe(1);
  });

  test('keep names apart whose bytes are no UTF-8', async () => {
    const plain = inputs.pairs(nameOf, (i) => (i % 2 ? `@${i >> 1}` : `#${i >> 1}`)).map(tarMember);
    for (const header of plain) {
      const sum = header.readUInt8(0);
      header[0] = sum === 0x40 ? 0xfc : 0xf6;
      const digits = Number.parseInt(header.toString('latin1', 148, 154), 8) + header[0] - sum;
      header.write(`${digits.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    }
    const shard = inputs.tar('latin1.tar', ...plain);
    const { classes: found, remarks } = await inputs.check(shard);
    expect([found, remarks]).toEqual([counts, []]);
    expect(await inputs.right(inputs.path('val'), shard)).toBe(1);
  });

  test('say what they lack, in words of archives', async () => {
    const secret = inputs.tar('secret.tar', ...inputs.pairs(() => '-1'));
    expect(await inputs.refusedProbe(secret, inputs.path('val'))).toMatch(
      /\nIt has numbers below 0, which mark secret classes, taken for none: 12 \(-1 of 0\.cls/,
    );
    const bare = inputs.images.map((bytes, i): Member => [`${i}.png`, bytes]);
    expect(await inputs.refusedProbe(inputs.tar('bare.tar', ...bare), inputs.path('val'))).toMatch(
      /\nPut a class beside every image in the archive, as NAME\.cls/,
    );
    expect(await refusal('data', 'check', inputs.tar('text.tar', ['a.text', 'a']))).toMatch(
      /but got no files\.\nIt has files \.text in archives, passed over: 1/,
    );
    const several = json((i) => ({ label: [i] }));
    expect(
      await inputs.refusedProbe(inputs.tar('several.tar', ...several), inputs.path('val')),
    ).toMatch(/It has labels of several classes, taken for none: 12/);
  });

  test('have the images of hard links, and name what is not taken', async () => {
    mkdirSync(inputs.path('links'), { recursive: true });
    for (const [i, bytes] of inputs.images.entries()) inputs.write(`links/${i}.png`, bytes);
    inputs.write('links/notes.txt', 'text');
    inputs.write('links/more.png.gz', 'text');
    symlinkSync('0.png', inputs.path('links/soft.png'));
    execFileSync('sh', ['-c', 'ln 0.png hard.png; mkfifo pipe; truncate -s 1M sparse.png'], {
      cwd: inputs.path('links'),
    });
    execFileSync('tar', [
      '-S',
      '--sort=name',
      '-cf',
      inputs.path('links.tar'),
      '-C',
      inputs.path('links'),
      '.',
    ]);
    const { images: count, remarks } = await inputs.check(inputs.path('links.tar'));
    expect(count).toBe(13);
    const found = remarks.map(({ what }: { what: string }) => what).sort();
    expect(found).toEqual([
      'compressed files .png.gz in archives, passed over',
      'devices and pipes in archives, passed over',
      'files .txt in archives, passed over',
      'files in archives that are stored sparsely, passed over',
      'symbolic links in archives, passed over',
    ]);
  });

  test('leave out masks, and are refused where a dot can mean two things', async () => {
    const masked = inputs.images.map((bytes, i): Member => [`${i}.mask.png`, bytes]);
    const sets = inputs
      .pairs(nameOf)
      .flatMap((one, i) => (i % 2 === 0 ? [one, at(masked, i / 2)] : [one]));
    const { images: count, remarks } = await inputs.check(inputs.tar('masks.tar', ...sets));
    expect(count).toBe(12);
    expect(remarks[1]).toMatchObject({ count: 12 });
    const copies = inputs.images.map(
      (bytes, i): Member => [i < 6 ? `${i}.png` : `${i - 6}.1.png`, bytes],
    );
    const shard = inputs.tar('copies.tar', ...copies.toSorted(([a], [b]) => (a < b ? -1 : 1)));
    expect(await refusal('data', 'check', shard)).toMatch(
      /6 samples with 6 images, .* first dot, as in WebDataset, and 12 samples with 12 images, .*\nSay which by --sample-keys/,
    );
    expect((await inputs.check(shard, '--sample-keys', 'last-dot')).images).toBe(12);
  });

  test('are found by names in any case, and refused when they are compressed', async () => {
    const index = inputs.path('upper.parquet');
    await reported(
      'embed',
      inputs.path('run'),
      inputs.tar('SHOUT.TAR', ...inputs.pairs(nameOf)),
      '--out',
      index,
    );
    const found = await reported(
      ...['similar', inputs.path('run'), inputs.path('val/cat/0.png'), '--index', index],
      ...['--out', inputs.path('similar.png')],
    );
    expect(found.neighbours[0].path).toMatch(/SHOUT\.TAR\/\d\.png$/);
    const packed = execFileSync('gzip', ['-c', inputs.path('SHOUT.TAR')]);
    expect(await refusal('data', 'check', inputs.write('packed.tar.gz', packed))).toContain(
      'Unpack',
    );
    expect(await refusal('data', 'check', inputs.write('packed.tar', packed))).toMatch(
      /at byte 0 of .*packed\.tar but got a file that gzip has compressed\.\nUnpack it first/,
    );
  });

  test('of img2dataset are read without their tables', async () => {
    inputs.tar('downloaded/00000.tar', ...inputs.pairs(nameOf));
    inputs.table('downloaded/00000.parquet', [{ name: 'url', data: ['a'], type: 'STRING' }]);
    inputs.write('downloaded/00000_stats.json', '{}');
    const { images: count, remarks } = await inputs.check(inputs.path('downloaded'));
    expect(count).toBe(12);
    expect(remarks).toEqual([
      { what: 'other files, passed over', count: 1, examples: ['00000_stats.json'] },
      { what: 'tables without images, passed over', count: 1, examples: ['00000.parquet'] },
    ]);
  });
});
