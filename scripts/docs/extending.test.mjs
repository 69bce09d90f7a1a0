/** The examples of docs/extending.md are put into a copy of the sources, compiled and run. */
import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyBlock, blocksOf } from './page-blocks.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'um-mae-extending-'));
const blocks = blocksOf(readFileSync(join(root, 'docs/extending.md'), 'utf8'));
const files = blocks.filter(({ path }) => path);

/** Runs a program in the copy, and gives what it printed; a failure shows it. */
async function run(program, ...args) {
  const { stdout, error } = await promisify(execFile)(program, args, { cwd: copy }).catch(
    (failure) => ({ stdout: failure.stdout, error: failure }),
  );
  expect(error, stdout).toBeUndefined();
  return stdout;
}

const umMae = (...args) => run('node', 'packages/um-mae/bin/um-mae.js', ...args);

/**
 * Copies sources and what is compiled of them, with their times, so that only changes are compiled.
 */
function copySources() {
  const keep = { recursive: true, preserveTimestamps: true };
  for (const name of ['tsconfig.base.json', 'scripts/lint', 'packages/torch', 'packages/um-mae'])
    cpSync(join(root, name), join(copy, name), keep);
  symlinkSync(join(root, 'packages/studio'), join(copy, 'packages/studio'));
  const modules = join(copy, 'node_modules');
  mkdirSync(join(modules, '@um-mae'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@um-mae' && name !== 'um-mae')
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  symlinkSync(join(copy, 'packages/torch'), join(modules, '@um-mae/torch'));
  symlinkSync(join(copy, 'packages/um-mae'), join(modules, 'um-mae'));
}

beforeAll(async () => {
  copySources();
  for (const block of files) applyBlock(copy, block);
  await run('node', 'node_modules/typescript/bin/tsc', '-b', 'packages/um-mae');
  await run('node', 'packages/torch/scripts/build-native.mjs');
  const { writeScenes } = await import(join(copy, 'packages/um-mae/dist/demo/scenes.js'));
  await writeScenes(join(copy, 'labelled'), { perClass: { train: 1, val: 1 }, seed: 1, size: 40 });
  symlinkSync('labelled/train', join(copy, 'photos'));
}, 900_000);

afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe('docs/extending.md', () => {
  test('has commands that run', async () => {
    const commands = blocks
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => text.trim().split('\n'));
    expect(commands.length).toBeGreaterThan(5);
    for (const command of commands) {
      const [program, ...args] = command.split(' ');
      const output = await (program === 'um-mae' ? umMae(...args) : run(program, ...args));
      if (args[0] === 'inspect') expect(output).toMatch(/^model +toy of/m);
      if (args[0] === 'parameters') expect(output).toMatch(/^[\d,.]+ ?k? numbers$/m);
    }
  });

  test('trains with the mask that it adds', async () => {
    const lines = readFileSync(join(copy, 'runs/stripes/metrics.jsonl'), 'utf8');
    const losses = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).loss);
    expect(losses.some(Number.isFinite)).toBe(true);
    expect(readFileSync(join(copy, 'runs/stripes/recipe.yaml'), 'utf8')).toMatch('kind: stripes');
  });

  test('keeps to the rules of imports', async () => {
    expect(await run('node', 'scripts/lint/check-layers.mjs')).toBe('');
  });

  test('quotes the family and the task that other tests hold to their contracts', () => {
    const quoted = [
      ['backbones/toy/family.ts', 'backbones/testing/toy/family.ts'],
      ['backbones/toy/toy.ts', 'backbones/testing/toy/toy.ts'],
      ['tasks/mean-colour/task.ts', 'cli/testing/mean-colour/task.ts'],
      ['tasks/mean-colour/labelled.ts', 'cli/testing/mean-colour/labelled.ts'],
      ['recipes/mean-colour-recipe.ts', 'cli/testing/mean-colour/recipe.ts'],
    ];
    const sources = join(root, 'packages/um-mae/src');
    for (const [name, original] of quoted) {
      const block = files.find(({ path }) => path === `packages/um-mae/src/${name}`);
      expect(withoutImports(block.text)).toBe(
        withoutImports(readFileSync(join(sources, original), 'utf8')),
      );
    }
  });
});

/** Leaves imports out, which name other places in the page. */
function withoutImports(text) {
  return text.replace(/^import [\s\S]*?;\n/gm, '');
}
