import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DataError } from '../errors.js';
import { findImages } from './image-files.js';

let root = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'um-mae-files-'));
  await touch('photos/b.JPG', 'photos/a.png', 'photos/deep/er/c.Tiff', 'photos/notes.txt');
  await touch('photos/.hidden.jpg', 'photos/.git/d.jpg', 'texts/one.txt', 'texts/two.csv');
  await mkdir(join(root, 'empty/inside'), { recursive: true });
  await symlink(join(root, 'photos'), join(root, 'photos/deep/loop'));
  await symlink(join(root, 'nowhere.jpg'), join(root, 'photos/dangling.jpg'));
  await touch('linked/e.webp');
  await symlink(join(root, 'linked'), join(root, 'photos/link'));
});

afterAll(() => rm(root, { recursive: true }));

async function touch(...names: string[]) {
  for (const name of names) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), 'x');
  }
}

const at = (...names: string[]) => names.map((name) => join(root, name));

async function failure(...names: string[]): Promise<string> {
  const error = await findImages(at(...names)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
}

describe('findImages', () => {
  const all = [
    'photos/a.png',
    'photos/b.JPG',
    'photos/dangling.jpg',
    'photos/deep/er/c.Tiff',
    'photos/link/e.webp',
  ];

  test('finds images at any depth, sorted, through links, without hidden ones', async () => {
    expect(await findImages(at('photos'))).toEqual({ paths: at(...all), ignored: 1 });
  });

  test('takes folders and files, each image once, in any order', async () => {
    const { paths } = await findImages(at('photos', 'photos/deep', 'photos/a.png', 'photos'));
    expect(paths).toEqual(at(...all));
    expect((await findImages(at('photos/b.JPG', 'photos/a.png'))).paths).toEqual(
      at(...all.slice(0, 2)),
    );
  });

  test('rejects a path where nothing is', async () => {
    expect(await failure('photos', 'missing')).toMatch(
      /Expected a folder or an image at `.*missing` but got nothing/,
    );
    expect(await failure('photos/a.png/below')).toMatch(/nothing there/);
  });

  test('rejects an empty folder', async () => {
    expect(await failure('empty')).toMatch(
      /^Expected images \(jpg, .*\) in `.*empty` but got no files\.\n/,
    );
  });

  test('rejects a folder without images and counts what it saw', async () => {
    expect(await failure('texts', 'empty')).toMatch(/but got 2 other files\./);
  });

  test('rejects a file that is no image', async () => {
    expect(await failure('photos/notes.txt')).toMatch(
      /Expected an image \(jpg, .*\) but got `.*notes.txt`\./,
    );
  });

  test('rejects no path at all', async () => {
    expect(await failure()).toMatch(/in no path but got no files/);
  });

  test.skipIf(process.getuid?.() === 0)(
    'rejects what may not be read (not testable as root)',
    async () => {
      await touch('secret/f.jpg');
      await chmod(join(root, 'secret'), 0);
      expect(await failure('secret')).toMatch(/^Expected to read .*secret.* permission denied\.$/);
      await chmod(join(root, 'secret'), 0o700);
    },
  );
});
