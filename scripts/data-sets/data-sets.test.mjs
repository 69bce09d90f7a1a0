/** The sets behind the published tables, made of a public set of a few bytes. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fileDigests, setDigest } from './digest.mjs';
import { makeSet, SetError } from './make.mjs';
import { makers, recordedSet } from './sets.mjs';

const folder = mkdtempSync(join(tmpdir(), 'um-mae-sets-'));
const at = (name) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

function write(path, text) {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
}

test('files are taken as they are, and lists are written', async () => {
  const set = { classes: 'RBC\n', train: '1 12', val: '7' };
  for (const name of ['00001', '00007', '00012']) {
    write(`public/BCCD/JPEGImages/BloodImage_${name}.jpg`, `image ${name}`);
    write(`public/BCCD/Annotations/BloodImage_${name}.xml`, `boxes ${name}`);
  }
  expect(await makeSet(makers.bccd(set), at('public'), at('made'))).toBe(9);
  expect(readFileSync(at('made/Annotations/BloodImage_00012.xml'), 'utf8')).toBe('boxes 00012');
  expect(readFileSync(at('made/ImageSets/Main/train.txt'), 'utf8')).toBe(
    'BloodImage_00001\nBloodImage_00012\n',
  );
  expect(readdirSync(at('made')).sort()).toEqual([
    'Annotations',
    'ImageSets',
    'JPEGImages',
    'classes.txt',
  ]);
  await expect(makeSet(makers.bccd(set), at('public'), at('made'))).rejects.toThrow(SetError);
  await expect(makeSet(makers.bccd(set), at('gone'), at('none'))).rejects.toThrow(
    'in the public set but got nothing there.',
  );
});

test('the twenty classes have 400 images to learn from, 50 to measure on, and 40 labels', () => {
  const set = recordedSet('tiny-imagenet-20');
  const files = [...makers['tiny-imagenet-20'](set)];
  expect(files).toHaveLength(set.files);
  const ofPart = (start) => files.filter(({ to }) => to.startsWith(start)).length;
  expect([ofPart('train/koala/'), ofPart('val/koala/')]).toEqual([400, 50]);
  const few = files.find(({ to }) => to === 'train_10percent.txt').text;
  const names = new Set(files.map(({ to }) => to));
  const labelled = few.trim().split('\n');
  expect(labelled).toHaveLength(800);
  expect(labelled.every((path) => names.has(`train/${path}`))).toBe(true);
});

test('every set that can be made has as many files as its record says', () => {
  for (const [name, files] of Object.entries(makers)) {
    const set = recordedSet(name);
    expect([...files(set)], name).toHaveLength(set.files);
  }
});

test('a digest is that of the lines that sha256sum prints, in the order of the bytes', () => {
  write('digest/b', '');
  write('digest/a/c', 'x');
  const [empty, x] = [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
  ];
  const digests = fileDigests(at('digest'));
  expect(Object.fromEntries(digests)).toEqual({ b: empty, 'a/c': x });
  expect(setDigest(digests)).toBe(
    // printf '%s  a/c\n%s  b\n' $x $empty | sha256sum
    '3b59a5d8ad074e42195a67932acfbf2209a474a4355df634ac62ba7d863cf752',
  );
});
