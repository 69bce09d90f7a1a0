import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fileSet } from './files.js';
import { changedSince, sampleOf } from './image-sample.js';
import { resizedSince, sizesOf } from './image-sizes.js';

const folder = mkdtempSync(join(tmpdir(), 'um-mae-sample-'));
afterAll(() => rmSync(folder, { recursive: true }));

const names = ['a.jpg', 'b.jpg', 'c.jpg'];
const setIn = (name: string) => fileSet(names.map((image) => join(folder, name, image)));

test('an image of the same size under the same name is noticed, a copy elsewhere is none', () => {
  mkdirSync(join(folder, 'photos'));
  for (const name of names) writeFileSync(join(folder, 'photos', name), `photo ${name}`);
  const photos = setIn('photos');
  const before = sampleOf(photos);
  cpSync(join(folder, 'photos'), join(folder, 'moved'), { recursive: true });
  expect(changedSince(before, sampleOf(setIn('moved')), photos)).toEqual([]);
  writeFileSync(join(folder, 'photos/b.jpg'), 'photo x.jpg');
  expect(changedSince(before, sampleOf(photos), photos)).toMatchObject([
    {
      what: expect.stringContaining('of 3 compared'),
      count: 1,
      examples: [join(folder, 'photos/b.jpg')],
    },
  ]);
  rmSync(join(folder, 'photos/b.jpg'));
  expect(changedSince(before, sampleOf(photos), photos)).toMatchObject([{ count: 1 }]);
});

test('an image of another size is noticed wherever it lies in the set', () => {
  const many = Array.from({ length: 2500 }, (_, i) => join(folder, 'many', `${1e4 + i}.jpg`));
  mkdirSync(join(folder, 'many'));
  for (const path of many) writeFileSync(path, 'photo');
  const photos = fileSet(many);
  const [sampled, sizes] = [sampleOf(photos), sizesOf(photos)];
  const [, unsampled = ''] = many;
  writeFileSync(unsampled, 'another photo');
  expect(changedSince(sampled, sampleOf(photos), photos)).toEqual([]);
  expect(resizedSince(sizes, sizesOf(photos), photos)).toMatchObject([
    { count: 1, examples: [`${many[0]} to ${unsampled}`] },
  ]);
  rmSync(unsampled);
  symlinkSync(unsampled, unsampled);
  expect(resizedSince(sizes, sizesOf(photos), photos)).toMatchObject([{ count: 1 }]);
  rmSync(unsampled);
  writeFileSync(unsampled, 'photo');
  expect(resizedSince(sizes, sizesOf(photos), photos)).toEqual([]);
});
