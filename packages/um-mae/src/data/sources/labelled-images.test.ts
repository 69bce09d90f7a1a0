import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLabelled } from './labelled-images.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'um-mae-labelled-'));
  for (const name of ['train/cat/a', 'train/cat/b', 'train/dog/c', 'val/cat/d', 'val/dog/e']) {
    write(`${name}.png`);
  }
});
afterAll(() => rm(folder, { recursive: true }));

const at = (name: string) => join(folder, name);

function write(name: string, text = ''): string {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
  return at(name);
}

const list = (name: string, ...lines: readonly string[]) => write(name, lines.join('\n'));

describe('openLabelled', () => {
  test('numbers classes alike in folders and in lists without labels', async () => {
    const few = list('few.txt', 'dog/c.png', 'cat/b.png');
    const options = { train: few, val: at('val'), root: at('train') };
    const { train, val, classes, classNames } = await openLabelled(options);
    expect([classes, classNames]).toEqual([2, ['cat', 'dog']]);
    expect([0, 1].map((index) => train.labelOf(index))).toEqual([1, 0]);
    expect([0, 1].map((index) => val.labelOf(index))).toEqual([0, 1]);
  });

  test.each([
    ['other classes', () => [at('train'), dirname(write('other/cat/x.png')).slice(0, -4)]],
    ['names and numbers', () => [at('train'), list('numbers.txt', 'val/cat/d.png 0')]],
    ['one class', () => [list('one.txt', 'train/cat/a.png'), list('1.txt', 'val/cat/d.png')]],
    ['no class', () => [at('train/cat'), at('val')]],
    ['a label beyond the images', () => numbered('train/cat/a.png 0', 'train/cat/b.png 1000000')],
    [
      'a class that is only in val',
      () => numbered('train/cat/a.png 1', 'train/cat/b.png 1', 'train/dog/c.png 0'),
    ],
  ])('refuses %s in one sentence', async (_, paths) => {
    const [train = '', val = ''] = paths();
    await expect(openLabelled({ train, val })).rejects.toThrow(/^Expected .* but got .*\.(\n.*)?$/);
  });

  const numbered = (...lines: readonly string[]) => [
    list('numbered.txt', ...lines),
    list('unseen.txt', 'val/cat/d.png 2'),
  ];

  test('names the classes that differ', async () => {
    write('more/cat/x.png');
    write('more/owl/y.png');
    await expect(openLabelled({ train: at('train'), val: at('more') })).rejects.toThrow(
      `Expected the 2 classes of ${at('train')} in ${at('more')} but got them without dog, also owl.`,
    );
  });
});
