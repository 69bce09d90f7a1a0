/** Lists that people have: see docs/inputs.md. */
import { beforeAll, describe, expect, test } from 'vitest';
import { refusal } from '../../testing/command-line.js';
import {
  counts,
  InputFolder,
  listed,
  nameOf,
  numberOf,
  perImage,
} from '../../testing/sets/input-folder.js';

const inputs = new InputFolder();
beforeAll(() => inputs.prepare());

describe('lists', () => {
  const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');
  const lines = () => perImage((i) => `${listed(i)} ${nameOf(i)}`);
  test.each([
    ['names', () => inputs.list('n.txt', (i) => `${listed(i)} ${nameOf(i)}`)],
    ['quotes', () => inputs.list('q.txt', (i) => `"${listed(i)}" '${nameOf(i)}'`)],
    [
      'commas and titles',
      () => inputs.write('c.csv', `path,label\n${lines().join('\n').replaceAll(' ', ',')}`),
    ],
    ['tabs', () => inputs.list('t.tsv', (i) => `${listed(i)}\t${nameOf(i)}`)],
    [
      'comments',
      () => inputs.write('h.txt', `# by hand\n${lines().join('\n')}\n#${listed(0)} owl\n`),
    ],
    ['UTF-16 of Windows', () => inputs.write('w.txt', utf16(lines().join('\r\n')))],
    [
      'UTF-16 without a mark, in the other order',
      () => inputs.write('b.txt', utf16(lines().join('\n')).subarray(2).swap16()),
    ],
    ['line ends of old Macs', () => inputs.write('m.txt', lines().join('\r'))],
    [
      'backslashes',
      () => inputs.list('s.txt', (i) => `${listed(i).replaceAll('/', '\\')} ${nameOf(i)}`),
    ],
  ])('of %s are read', async (_, written) => {
    const input = written();
    expect((await inputs.check(input)).classes).toEqual(counts);
    expect(await inputs.right(input, inputs.path('val'))).toBe(1);
  });

  const titled = (titles: string, line: (i: number) => string) =>
    `${titles}\n${perImage(line).join('\n')}\n`;

  test.each([
    [
      'further columns',
      'id,filename,label,split',
      (i: number) => `${i},${listed(i)},${nameOf(i)},a b`,
    ],
    ['the label first', 'class;image', (i: number) => `${nameOf(i)};${listed(i)}`],
    ['tabs and empty cells', 'path\tnote\tlabel', (i: number) => `${listed(i)}\t\t${nameOf(i)}`],
    [
      'quotes and commas in them',
      '"file_path","text","category"',
      (i: number) => `"${listed(i)}","a ""b"", c","${nameOf(i)}"`,
    ],
    ['a pair of images', 'mask,image,label', (i: number) => `m.png,${listed(i)},${nameOf(i)}`],
  ])('with titles and %s are read', async (name, titles, line) => {
    const input = inputs.write(`${name}.csv`, titled(titles, line));
    expect((await inputs.check(input)).classes).toEqual(counts);
    expect(await inputs.right(input, inputs.path('val'))).toBe(1);
  });

  test('with titles have the classes of a column that is chosen', async () => {
    const big = (i: number) => (nameOf(i) === 'owl' ? 'big' : 'small');
    const line = (i: number) => `${listed(i)},${nameOf(i)},${big(i)}`;
    const input = inputs.write('chosen.csv', titled('path,species,size', line));
    expect(await inputs.refusedProbe(input, inputs.path('val'))).toMatch(
      /--label-column chooses one: 2 \(`species`, `size`\)/,
    );
    const found = await inputs.check(input, '--label-column', 'Size');
    expect(found.classes).toEqual({ big: 3, small: 9 });
    expect(await inputs.right(input, inputs.path('val'), '--label-column', 'species')).toBe(1);
    expect(await refusal('data', 'check', input, '--label-column', 'colour')).toMatch(
      /^Expected a column `colour` in .*chosen\.csv but got `species`, `size`\.\n$/,
    );
    const plain = inputs.list('untitled.txt', (i) => `${listed(i)} ${nameOf(i)}`);
    expect(await refusal('data', 'check', plain, '--label-column', 'size')).toMatch(
      /a list whose first line has no titles of columns\.\n$/,
    );
  });

  test('say what is odd about them where a file is missing', async () => {
    const odd = (name: string, text: string | Uint8Array) =>
      refusal('data', 'check', inputs.write(name, text));
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
    const pairsFile = inputs.write('pairs.txt', 'cat\tpet\ndog\tpet\nfox\twild\nowl\twild\n');
    const named = await inputs.check(inputs.path('val'), '--class-names', pairsFile);
    expect(named.classes).toEqual({ pet: 6, wild: 6 });
    const json = inputs.write(
      'names.json',
      JSON.stringify({ 0: 'cat', 1: 'dog', 2: 'fox', 3: 'owl' }),
    );
    const plain = inputs.list('p.txt', (i) => `${listed(i)} ${numberOf(i)}`);
    expect((await inputs.check(plain, '--class-names', json)).classes).toEqual(counts);
    const few = inputs.write('few.txt', 'cat\ndog\n');
    expect(await refusal('data', 'check', inputs.path('val'), '--class-names', few)).toMatch(
      /^Expected every class of .*val in .*few\.txt but got none of `fox` there\.\n/,
    );
  });
});
