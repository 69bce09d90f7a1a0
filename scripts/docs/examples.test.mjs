/** The examples in docstrings are compiled under strict rules and run, in a folder of images. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeScenes } from '../../packages/um-mae/dist/demo/scenes.js';
import { repository } from '../setup/repository.mjs';
import {
  compilerOptions,
  exportedFunctions,
  importedNames,
  moduleExamples,
} from './docstring-examples.mjs';

const folder = mkdtempSync(join(tmpdir(), 'um-mae-examples-'));
const functions = exportedFunctions(join(repository, 'packages/um-mae'));
const torch = join(repository, 'packages/torch');
const ofTorch = exportedFunctions(torch);
/** Those whose results others use come first. */
const first = ['pretrain', 'finetune'];
const textsOf = (documented) =>
  documented.flatMap(({ name, examples }) => examples.map((text) => ({ name, text })));
/** Those of torch set threads and devices, and come last. */
const torchTexts = textsOf([...ofTorch, ...moduleExamples(torch)]);
const examples = textsOf(functions)
  .sort((one, other) => placeOf(one) - placeOf(other))
  .concat(torchTexts)
  .map(({ name, text }, place) => ({
    name,
    text,
    file: join(folder, `${place}-${name.split('/').at(-1)}.mts`),
  }));

function placeOf({ name }) {
  return first.includes(name) ? first.indexOf(name) : first.length;
}

beforeAll(async () => {
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
  await writeScenes(join(folder, 'labelled'), {
    perClass: { train: 2, val: 1 },
    seed: 1,
    size: 64,
  });
  symlinkSync('labelled/val', join(folder, 'photos'));
  for (const name of ['cat.jpg', 'dog.jpg']) {
    cpSync(join(folder, 'labelled/val/disc-inside-frame/0000.png'), join(folder, name));
  }
  for (const { file, text } of examples) writeFileSync(file, text);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('every exported function has an example', () => {
  expect(functions.length).toBeGreaterThan(50);
  expect(functions.filter(({ examples }) => examples.length === 0)).toEqual([]);
});

test('every exported function of torch is in an example', () => {
  const named = new Set(torchTexts.flatMap(({ text }) => importedNames(text, '@um-mae/torch')));
  expect(ofTorch.length).toBeGreaterThan(100);
  expect(ofTorch.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
});

test('examples compile, and print what they say', () => {
  const program = ts.createProgram(
    examples.map(({ file }) => file),
    { ...compilerOptions, typeRoots: [join(folder, 'node_modules/@types')] },
  );
  const faults = ts.getPreEmitDiagnostics(program);
  expect(ts.formatDiagnostics(faults, hostOfDiagnostics)).toBe('');
  program.emit();

  const files = examples.map(({ file }) => file.replace(/mts$/, 'mjs'));
  const lines = files.map((file) => `console.log('--');\nawait import(${JSON.stringify(file)});\n`);
  writeFileSync(join(folder, 'all.mjs'), lines.join(''));
  const run = spawnSync(process.execPath, ['all.mjs'], { cwd: folder, encoding: 'utf8' });
  expect(run.stderr).toBe('');
  const [, ...printed] = run.stdout.split(/^--\n/m);
  for (const [place, { name, text }] of examples.entries()) {
    const expected = [...text.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map(
      ([, line]) => line,
    );
    expect(printed[place]?.split('\n'), name).toEqual(expect.arrayContaining(expected));
  }
});

const hostOfDiagnostics = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => folder,
  getNewLine: () => '\n',
};
