/** Inputs that people have, read as they mean them: see docs/inputs.md. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parquetWriteFile } from 'hyparquet-writer';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { at } from '../../at.js';
import { tarEnd, tarHeader, tarPadding } from '../../data/curation/tar-writer.js';
import { refusal, reported, temporaryFolder, tinyModel, umMae } from '../testing/command-line.js';

const folder = temporaryFolder();
const path = (name: string) => join(folder, name);
const classes = ['cat', 'dog', 'fox', 'owl'];
/** Three images of each class, in their order. */
let images: Buffer[] = [];
const classOf = classes.flatMap((name) => [name, name, name]);

function write(name: string, bytes: string | Uint8Array): string {
  mkdirSync(dirname(path(name)), { recursive: true });
  writeFileSync(path(name), bytes);
  return path(name);
}

/** Writes `name/CLASS/I.png`, the classes perhaps called otherwise. */
function folders(name: string, called: readonly string[] = classes): string {
  for (const [i, bytes] of images.entries()) {
    write(`${name}/${called[Math.floor(i / 3)]}/${i}.png`, bytes);
  }
  return path(name);
}

type Member = readonly [string, string | Uint8Array];

function member([name, content]: Member): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([tarHeader(name, bytes.length), bytes, tarPadding(bytes.length)]);
}

function tar(name: string, ...parts: readonly (Member | Uint8Array)[]): string {
  const blocks = parts.map((part) => (part instanceof Uint8Array ? part : member(part)));
  return write(name, Buffer.concat([...blocks, tarEnd]));
}

/** Images with labels beside them, named by their place. */
const pairs = (labelOf: (i: number) => string, nameOf = (i: number) => `${i}`, ending = 'cls') =>
  images.flatMap((bytes, i): Member[] => [
    [`${nameOf(i)}.png`, bytes],
    [`${nameOf(i)}.${ending}`, labelOf(i)],
  ]);
const numberOf = (i: number) => `${Math.floor(i / 3)}`;
const nameOf = (i: number) => at(classOf, i);

type Column = { readonly name: string; readonly data: readonly unknown[]; readonly type: string };

function table(name: string, columns: readonly Column[], features?: object): string {
  const filename = write(name, '');
  parquetWriteFile({
    filename,
    columnData: columns as Parameters<typeof parquetWriteFile>[0]['columnData'],
    ...(features && {
      kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }],
    }),
  });
  return filename;
}
const picture = (): Column => ({ name: 'image', data: images, type: 'BYTE_ARRAY' });
const numbers = (name: string, of: (i: number) => number): Column => ({
  name,
  data: classOf.map((_, i) => BigInt(of(i))),
  type: 'INT64',
});
const label = (names: readonly string[]) => ({ names, _type: 'ClassLabel' });

beforeAll(async () => {
  const colours = ['rgb(220,30,30)', 'rgb(30,200,40)', 'rgb(30,40,220)', 'rgb(230,220,30)'];
  images = await Promise.all(
    classOf.map((name, i) => {
      const background = at(colours, classes.indexOf(name));
      const create = { width: 32 + (i % 3), height: 32, channels: 3 as const, background };
      return sharp({ create }).png().toBuffer();
    }),
  );
  folders('val');
  const args = [...tinyModel, '--batch-size', '4', '--steps', '1', '--data', path('val')];
  expect(await umMae('pretrain', ...args, '--out', path('run'))).toMatchObject({ code: 0 });
});

const check = (input: string, ...flags: readonly string[]) =>
  reported('data', 'check', input, ...flags);

/** Gives the share of the images that neighbours tell right: 1 where labels are. */
async function right(train: string, val: string, ...flags: readonly string[]): Promise<number> {
  const args = ['--train', train, '--val', val, ...flags];
  return (await reported('probe', path('run'), ...args)).neighbours;
}

const refusedProbe = (train: string, val: string, ...flags: readonly string[]) =>
  refusal('probe', path('run'), '--train', train, '--val', val, ...flags);

const counts = Object.fromEntries(classes.map((name) => [name, 3]));
const list = (name: string, line: (i: number) => string) =>
  write(name, classOf.map((_, i) => line(i)).join('\n'));
const listed = (i: number) => `val/${nameOf(i)}/${i}.png`;

describe('classes of folders that are numbers', () => {
  const called = ['2', '10', '1', '0'];
  const numbered = (name: string, of: (i: number) => string) => {
    for (const [i, bytes] of images.entries()) write(`flat/${i}.png`, bytes);
    return list(name, (i) => `flat/${i}.png ${of(i)}`);
  };
  const own = (i: number) => at(called, Math.floor(i / 3));

  test.each([
    ['lists', () => numbered('numbered.txt', own)],
    ['shards', () => tar('numbered.tar', ...pairs(own))],
    [
      'tables',
      () => table('numbered.parquet', [picture(), numbers('label', (i) => Number(own(i)))]),
    ],
    ['lists with zeros before them', () => numbered('zeros.txt', (i) => own(i).padStart(3, '0'))],
  ])('are meant by the numbers of %s', async (_, written) => {
    expect(await right(folders('numeric', called), written())).toBe(1);
  });

  test('are not guessed where some numbers are none of them', async () => {
    const other = folders('from-one', ['1', '2', '3', '4']);
    expect(await refusedProbe(other, numbered('from-zero.txt', numberOf))).toMatch(
      /^Expected numbers of one meaning in .*from-zero\.txt but got 1 for .*, which is `2` .*, and `1` by name\.\nName the classes of the numbers by --class-names FILE/,
    );
    const names = write('names.txt', '1\n2\n3\n4\n');
    expect(await right(other, path('from-zero.txt'), '--class-names', names)).toBe(1);
  });

  test('are read as places where the names are words, unless folders say otherwise', async () => {
    const plain = numbered('plain.txt', numberOf);
    const report = await reported('probe', path('run'), '--train', path('val'), '--val', plain);
    expect(report.neighbours).toBe(1);
    expect(report.remarks).toEqual([
      {
        what: 'numbers of classes, read as places in the order of their names',
        count: 4,
        examples: ['0 = cat', '1 = dog', '2 = fox', '3 = owl'],
      },
    ]);
    const turned = list('turned.txt', (i) => `${listed(i)} ${3 - Number(numberOf(i))}`);
    expect(await refusedProbe(path('val'), turned)).toMatch(
      /got 3 for .*cat\/0\.png, which is `owl` by its place .*, and `cat` by the folder of the image\.\n/,
    );
  });

  test('mean the same on both sides', async () => {
    const one = list('one.txt', (i) => `${listed(i)} ${numberOf(i)}`);
    const other = list('other.txt', (i) => `${listed(i)} ${(Number(numberOf(i)) + 1) % 4}`);
    expect(await refusedProbe(one, other)).toMatch(
      /but got `cat` as 0 in the first, and as 1 in the second\.\n/,
    );
  });
});

describe('classes of tables', () => {
  const order = ['owl', 'cat', 'fox', 'dog'];
  const place = (i: number) => order.indexOf(nameOf(i));

  test('have the names of a ClassLabel, in lists or objects, and of text', async () => {
    const declared = table('hf.parquet', [picture(), numbers('label', place)], {
      label: label(order),
    });
    expect((await check(declared)).classes).toEqual(counts);
    expect(await right(declared, path('val'))).toBe(1);
    const object = { names: { ...order }, _type: 'ClassLabel' };
    const other = table('object.parquet', [picture(), numbers('label', place)], { label: object });
    expect(await right(path('val'), other)).toBe(1);
    const text = { name: 'label', data: classOf, type: 'STRING' };
    expect(await right(table('text.parquet', [picture(), text]), declared)).toBe(1);
    const digits = { name: 'label', data: classOf.map((_, i) => `${place(i)}`), type: 'STRING' };
    const written = table('digits.parquet', [picture(), digits], { label: label(order) });
    expect((await check(written)).classes).toEqual(counts);
  });

  test('are those of the only ClassLabel, or of the column that is chosen', async () => {
    const two = (i: number) => Number(place(i) > 1);
    const isBig = { name: 'big', data: classOf.map((name) => name === 'owl'), type: 'BOOLEAN' };
    const both = table(
      'two.parquet',
      [picture(), numbers('fine_label', place), numbers('coarse_label', two), isBig],
      { fine_label: label(order), coarse_label: label(['a', 'b']) },
    );
    expect(await refusedProbe(both, path('val'))).toMatch(
      /--label-column chooses one: 3 \(`fine_label` \(the names `owl`, .*\), `coarse_label` \(the names `a`, `b`\), `big` \(true or false\)\)/,
    );
    expect((await check(both)).remarks).toMatchObject([{ count: 3 }]);
    expect(await right(both, path('val'), '--label-column', 'fine_label')).toBe(1);
    expect((await check(both, '--label-column', 'coarse_label')).classes).toEqual({ a: 6, b: 6 });
    expect((await check(both, '--label-column', 'big')).classes).toEqual({ false: 9, true: 3 });
    expect(await refusal('data', 'check', both, '--label-column', 'colour')).toMatch(
      /^Expected a column `colour` of numbers, text or true and false in .* but got `fine_label`/,
    );
    const only = table('only.parquet', [picture(), numbers('labels', place)], {
      labels: label(order),
    });
    expect((await check(only)).classes).toEqual(counts);
  });

  test('are refused where there are only paths, beyond the names, or fractions', async () => {
    const paths = { name: 'file', data: classOf.map((_, i) => listed(i)), type: 'STRING' };
    expect(await refusal('data', 'check', table('paths.parquet', [paths]))).toMatch(
      /The column `file` holds only paths, such as `val\/cat\/0\.png`: write them into a list/,
    );
    const far = table('far.parquet', [picture(), numbers('label', place)], { label: label(['a']) });
    expect(await refusedProbe(far, path('val'))).toMatch(
      /numbers beyond the 1 names that the source/,
    );
    const halves = { name: 'label', data: classOf.map((_, i) => i / 2), type: 'DOUBLE' };
    expect(await refusedProbe(table('half.parquet', [picture(), halves]), path('val'))).toMatch(
      /fractions, taken for no class: 6 /,
    );
  });
});

describe('shards', () => {
  const json = (value: (i: number) => object) =>
    pairs((i) => JSON.stringify(value(i)), undefined, 'json');

  test.each([
    ['words in .cls', () => tar('words.tar', ...pairs((i) => `${nameOf(i)}\n`)), []],
    ['words in .CLS', () => tar('UPPER.TAR', ...pairs(nameOf, undefined, 'CLS')), []],
    [
      'words in .json with a mark',
      () => tar('mark.tar', ...pairs((i) => `\uFEFF{"label":"${nameOf(i)}"}`, undefined, 'json')),
      [],
    ],
    ['words in .json', () => tar('json.tar', ...json((i) => ({ label: nameOf(i) }))), []],
    [
      'a field',
      () => tar('field.tar', ...json((i) => ({ kind: nameOf(i) }))),
      ['--label-column', 'kind'],
    ],
    [
      'an ending',
      () => tar('txt.tar', ...pairs(nameOf, undefined, 'txt')),
      ['--label-column', 'txt'],
    ],
    ['dots in dates', () => tar('dates.tar', ...pairs(nameOf, (i) => `2020.05.${10 + i}_cam`)), []],
    ['dots in versions', () => tar('v.tar', ...pairs(nameOf, (i) => `a_${i % 3}.${i}`)), []],
    [
      'classes behind all images',
      () => {
        const both = pairs(nameOf);
        const isImage = ([name]: Member) => name.endsWith('.png');
        return tar('apart.tar', ...both.filter(isImage), ...both.filter((one) => !isImage(one)));
      },
      [],
    ],
    [
      'archives joined',
      () => tar('joined.tar', ...pairs(nameOf).slice(0, 12), tarEnd, ...pairs(nameOf).slice(12)),
      [],
    ],
    [
      'a lone block of zeros',
      () =>
        tar(
          'lone.tar',
          ...pairs(nameOf).slice(0, 1),
          new Uint8Array(512),
          ...pairs(nameOf).slice(1),
        ),
      [],
    ],
    ['long names', () => tar('long.tar', ...pairs(nameOf, (i) => `${'long'.repeat(40)}${i}`)), []],
  ])('have the classes of %s', async (_, written, flags) => {
    const shard = written();
    const { images: count, classes: found } = await check(shard, ...flags);
    expect([count, found]).toEqual([12, counts]);
    expect(await right(path('val'), shard, ...flags)).toBe(1);
  });

  test('keep names apart whose bytes are no UTF-8', async () => {
    const plain = pairs(nameOf, (i) => (i % 2 ? `@${i >> 1}` : `#${i >> 1}`)).map(member);
    for (const header of plain) {
      const sum = header.readUInt8(0);
      header[0] = sum === 0x40 ? 0xfc : 0xf6;
      const digits = Number.parseInt(header.toString('latin1', 148, 154), 8) + header[0] - sum;
      header.write(`${digits.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    }
    const shard = tar('latin1.tar', ...plain);
    const { classes: found, remarks } = await check(shard);
    expect([found, remarks]).toEqual([counts, []]);
    expect(await right(path('val'), shard)).toBe(1);
  });

  test('say what they lack, in words of archives', async () => {
    const folded = images.map((bytes, i): Member => [`${nameOf(i)}/${i}.png`, bytes]);
    expect(await refusedProbe(tar('folded.tar', ...folded), path('val'))).toMatch(
      /\nPut a class beside every image in the archive, as NAME\.cls/,
    );
    expect(await refusal('data', 'check', tar('text.tar', ['a.text', 'a']))).toMatch(
      /but got no files\.\nIt has files \.text in archives, passed over: 1/,
    );
    const several = json((i) => ({ label: [i] }));
    expect(await refusedProbe(tar('several.tar', ...several), path('val'))).toMatch(
      /It has labels of several classes, taken for none: 12/,
    );
  });

  test('have the images of hard links, and name what is not taken', async () => {
    mkdirSync(path('links'), { recursive: true });
    for (const [i, bytes] of images.entries()) write(`links/${i}.png`, bytes);
    write('links/notes.txt', 'text');
    write('links/more.png.gz', 'text');
    symlinkSync('0.png', path('links/soft.png'));
    execFileSync('sh', ['-c', 'ln 0.png hard.png; mkfifo pipe; truncate -s 1M sparse.png'], {
      cwd: path('links'),
    });
    execFileSync('tar', ['-S', '--sort=name', '-cf', path('links.tar'), '-C', path('links'), '.']);
    const { images: count, remarks } = await check(path('links.tar'));
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
    const masked = images.map((bytes, i): Member => [`${i}.mask.png`, bytes]);
    const sets = pairs(nameOf).flatMap((one, i) =>
      i % 2 === 0 ? [one, at(masked, i / 2)] : [one],
    );
    const { images: count, remarks } = await check(tar('masks.tar', ...sets));
    expect(count).toBe(12);
    expect(remarks[1]).toMatchObject({ count: 12 });
    const copies = images.map((bytes, i): Member => [i < 6 ? `${i}.png` : `${i - 6}.1.png`, bytes]);
    const shard = tar('copies.tar', ...copies.toSorted(([a], [b]) => (a < b ? -1 : 1)));
    expect(await refusal('data', 'check', shard)).toMatch(
      /6 samples with 6 images, .* first dot, as in WebDataset, and 12 samples with 12 images, .*\nSay which by --sample-keys/,
    );
    expect((await check(shard, '--sample-keys', 'last-dot')).images).toBe(12);
  });

  test('are found by names in any case, and refused when they are compressed', async () => {
    const index = path('upper.parquet');
    await reported('embed', path('run'), tar('SHOUT.TAR', ...pairs(nameOf)), '--out', index);
    const found = await reported(
      ...['similar', path('run'), path('val/cat/0.png'), '--index', index],
      ...['--out', path('similar.png')],
    );
    expect(found.neighbours[0].path).toMatch(/SHOUT\.TAR\/\d\.png$/);
    const packed = execFileSync('gzip', ['-c', path('SHOUT.TAR')]);
    expect(await refusal('data', 'check', write('packed.tar.gz', packed))).toContain('Unpack');
    expect(await refusal('data', 'check', write('packed.tar', packed))).toMatch(
      /at byte 0 of .*packed\.tar but got a file that gzip has compressed\.\nUnpack it first/,
    );
  });

  test('of img2dataset are read without their tables', async () => {
    tar('downloaded/00000.tar', ...pairs(nameOf));
    table('downloaded/00000.parquet', [{ name: 'url', data: ['a'], type: 'STRING' }]);
    write('downloaded/00000_stats.json', '{}');
    const { images: count, remarks } = await check(path('downloaded'));
    expect(count).toBe(12);
    expect(remarks).toEqual([
      { what: 'other files, passed over', count: 1, examples: ['00000_stats.json'] },
      { what: 'tables without images, passed over', count: 1, examples: ['00000.parquet'] },
    ]);
  });
});

describe('lists', () => {
  const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');
  const lines = () => classOf.map((name, i) => `${listed(i)} ${name}`);
  test.each([
    ['names', () => list('n.txt', (i) => `${listed(i)} ${nameOf(i)}`)],
    ['quotes', () => list('q.txt', (i) => `"${listed(i)}" '${nameOf(i)}'`)],
    [
      'commas and titles',
      () => write('c.csv', `path,label\n${lines().join('\n').replaceAll(' ', ',')}`),
    ],
    ['tabs', () => list('t.tsv', (i) => `${listed(i)}\t${nameOf(i)}`)],
    ['comments', () => write('h.txt', `# by hand\n${lines().join('\n')}\n#${listed(0)} owl\n`)],
    ['UTF-16 of Windows', () => write('w.txt', utf16(lines().join('\r\n')))],
    [
      'UTF-16 without a mark, in the other order',
      () => write('b.txt', utf16(lines().join('\n')).subarray(2).swap16()),
    ],
    ['line ends of old Macs', () => write('m.txt', lines().join('\r'))],
    ['backslashes', () => list('s.txt', (i) => `${listed(i).replaceAll('/', '\\')} ${nameOf(i)}`)],
  ])('of %s are read', async (_, written) => {
    const input = written();
    expect((await check(input)).classes).toEqual(counts);
    expect(await right(input, path('val'))).toBe(1);
  });

  test('say what is odd about them where a file is missing', async () => {
    const odd = (name: string, text: string | Uint8Array) =>
      refusal('data', 'check', write(name, text));
    expect(await odd('odd.txt', utf16('gone.png 0'))).toMatch(
      /line 1 of .*odd\.txt \(read as UTF-16\) at /,
    );
    expect(await odd('odd.txt', '"gone.png" 0')).toMatch(/ \(without its quotes\) at /);
    expect(await odd('odd.txt', '# made\ngone.png 0')).toMatch(
      /line 2 of .* \(after a comment\) at /,
    );
    expect(await odd('odd.txt', 'a.png 0 cat')).toMatch(
      /on line 1 of .* but got "a\.png 0 cat"\.\n$/,
    );
    expect(await odd('odd.txt', 'a.png,cat,train')).toContain('on line 1 of');
    expect(await odd('odd.txt', `${'a'.repeat(300)}.png`)).toMatch(/but got: name too long\.\n$/);
  });

  test('rename classes by a file, in pairs or in order', async () => {
    const pairsFile = write('pairs.txt', 'cat\tpet\ndog\tpet\nfox\twild\nowl\twild\n');
    const named = await check(path('val'), '--class-names', pairsFile);
    expect(named.classes).toEqual({ pet: 6, wild: 6 });
    const json = write('names.json', JSON.stringify({ 0: 'cat', 1: 'dog', 2: 'fox', 3: 'owl' }));
    const plain = list('p.txt', (i) => `${listed(i)} ${numberOf(i)}`);
    expect((await check(plain, '--class-names', json)).classes).toEqual(counts);
    const few = write('few.txt', 'cat\ndog\n');
    expect(await refusal('data', 'check', path('val'), '--class-names', few)).toMatch(
      /^Expected every class of .*val in .*few\.txt but got none of `fox` there\.\n/,
    );
  });
});

describe('file systems', () => {
  test('have names of Latin-1, and accents in both forms', async () => {
    const latin = Buffer.concat([Buffer.from(path('latin/Gr')), Buffer.of(0xfc), Buffer.from('n')]);
    const old = folders('latin', ['cat', 'dog', 'fox', 'owl']);
    mkdirSync(latin);
    writeFileSync(Buffer.concat([latin, Buffer.from('/a.png')]), at(images, 0));
    writeFileSync(Buffer.concat([latin, Buffer.from('/b.png')]), at(images, 1));
    const found = await check(old);
    expect([found.unreadable, found.classes]).toEqual([[], { Grün: 2, ...counts }]);
    const composed = folders(
      'composed',
      ['été', 'dog', 'fox', 'owl'].map((one) => one.normalize('NFC')),
    );
    const apart = folders(
      'apart',
      ['été', 'dog', 'fox', 'owl'].map((one) => one.normalize('NFD')),
    );
    expect(await right(composed, apart)).toBe(1);
    const named = list(
      'accents.txt',
      (i) => `apart/${at(['été', 'dog', 'fox', 'owl'], Math.floor(i / 3))}/${i}.png`,
    );
    expect((await check(named)).images).toBe(12);
  });

  test('hold folders of servers, which are passed over, and others that are left out', async () => {
    const dirty = folders('dirty');
    for (const name of [
      '@eaDir',
      '#recycle',
      '.AppleDouble',
      'lost+found',
      '__MACOSX',
      '.Trashes',
    ]) {
      write(`dirty/${name}/cat/thumb.png`, at(images, 0));
    }
    write('dirty/cat/@eaDir/0.png/thumb.png', at(images, 0));
    write('dirty/cat/0_mask.png', at(images, 0));
    const found = await check(dirty, '--exclude', '*_mask.png');
    expect([found.images, found.classes]).toEqual([12, counts]);
    const passed = found.remarks.map(
      ({ what, count }: { what: string; count: number }) => `${what} ${count}`,
    );
    expect(passed).toContain('folders `@eaDir` of the system, passed over 2');
    expect(passed).toContain('files and folders left out by --exclude 1');
    expect(passed).toHaveLength(7);
    expect(await right(dirty, path('val'), '--exclude', '*_mask.png', '--exclude', 'x/**')).toBe(1);
  });

  const program = fileURLToPath(new URL('../../../bin/um-mae.js', import.meta.url));

  test.each([
    ['ESTALE', 116, 'not to be read (stale file handle)'],
    ['EHOSTDOWN', 112, 'not to be read (host is down)'],
    ['ENAMETOOLONG', 36, 'of a name that is too long'],
  ])('that fail with %s leave images out', (_, number, reason) => {
    const library = failingOpen();
    const args = ['data', 'check', path('val'), '--json', '--workers', '1'];
    const env = { ...process.env, LD_PRELOAD: library, FAILING: '/dog/4.png', ERRNO: `${number}` };
    const { stdout, status } = spawnSync(process.execPath, [program, ...args], { env });
    expect(status).toBe(0);
    const report = JSON.parse(`${stdout}`);
    expect(report.unreadable).toEqual([{ path: path('val/dog/4.png'), reason }]);
  });

  /** Compiles a library that lets opening of a file fail. */
  function failingOpen(): string {
    const source = write(
      'failing.c',
      `#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#define FAILING(name) int name(const char *p, int f, int m) { int (*real)(const char *, int, int) = dlsym(RTLD_NEXT, #name); \\
  if (strstr(p, getenv("FAILING"))) { errno = atoi(getenv("ERRNO")); return -1; } return real(p, f, m); }
FAILING(open)
FAILING(open64)
`,
    );
    execFileSync('cc', ['-w', '-shared', '-fPIC', source, '-o', path('failing.so'), '-ldl']);
    return path('failing.so');
  }
});

describe('what a run knows of its classes', () => {
  test('is matched by name when it is evaluated', async () => {
    const order = ['owl', 'cat', 'fox', 'dog'];
    const place = (i: number) => order.indexOf(nameOf(i));
    const train = table('order.parquet', [picture(), numbers('label', place)], {
      label: label(order),
    });
    const out = path('cats');
    const tuned = await umMae(
      ...['finetune', '--from', path('run'), '--train', train, '--val', path('val'), '--out', out],
      ...['--epochs', '1', '--batch-size', '4', '--threads', '1', '--workers', '1'],
    );
    expect(tuned).toMatchObject({ code: 0 });
    const named = await reported('evaluate', out, '--data', train);
    expect(named.classes).toEqual(order);
    const folder = await reported('evaluate', out, '--data', path('val'));
    expect(folder.topOne).toBe(named.topOne);
    const flat = tar('flat.tar', ...pairs(numberOf));
    expect(await refusal('evaluate', out, '--data', flat)).toMatch(
      /which is `owl` by its place among the names as they are given, and `cat` by its place in the order/,
    );
    expect(readFileSync(join(out, 'recipe.yaml'), 'utf8')).toContain('labelColumn: null');
  });
});
