import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { circles, forbiddenImports, importsOf, roomImports, roomOf, tied } from './imports.mjs';
import { layers } from './layers.mjs';

const folders = [];

/** A folder with these files. */
function folderOf(files) {
  const folder = mkdtempSync(join(tmpdir(), 'imports-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe('importsOf', () => {
  test('finds imports of values and types, exports and dynamic imports, and leaves tests out', () => {
    const folder = folderOf({
      'a/one.ts': "import { two } from '../b/two.js';\nimport type { Four } from './four.js';\n",
      'a/four.ts': "export type { Three } from '../b/three.js';\nimport 'node:fs';\n",
      'a/one.test.ts': "import '../b/two.js';\n",
      'b/two.ts': "export const two = () => import('./three.js');\n",
      'b/three.tsx': "export type Three = import('./two.js').Two;\n",
      'b/testing/five.ts': "import '../two.js';\n",
    });
    expect(Object.fromEntries(importsOf(folder))).toEqual({
      'a/one.ts': ['b/two.ts', 'a/four.ts'],
      'a/four.ts': ['b/three.tsx'],
      'b/two.ts': ['b/three.tsx'],
      'b/three.tsx': ['b/two.ts'],
    });
  });
});

describe('roomOf', () => {
  const rooms = { 'errors.ts': [], data: [], tasks: [], 'tasks/pretrain': [], 'tasks/task.ts': [] };

  test('takes the longest name', () => {
    expect(roomOf('errors.ts', rooms)).toBe('errors.ts');
    expect(roomOf('data/sources/tar/tar.ts', rooms)).toBe('data');
    expect(roomOf('tasks/pretrain/deep/task.ts', rooms)).toBe('tasks/pretrain');
    expect(roomOf('tasks/task.ts', rooms)).toBe('tasks/task.ts');
    expect(roomOf('tasks/names.ts', rooms)).toBe('tasks');
  });

  test('has none for new folders and files', () => {
    expect(roomOf('database/open.ts', rooms)).toBeUndefined();
    expect(roomOf('names.ts', rooms)).toBeUndefined();
    expect(roomOf('tasks/detection/task.ts', rooms)).toBeUndefined();
  });
});

describe('forbiddenImports', () => {
  test('names imports that are not allowed, and files without a room', () => {
    const imports = new Map([
      ['a/one.ts', ['a/two.ts', 'b/three.ts']],
      ['b/three.ts', ['a/one.ts']],
      ['c/four.ts', []],
    ]);
    expect(forbiddenImports(imports, { a: ['b'], b: [] })).toEqual([
      'Expected `b/three.ts` to import only what `b` may but got `a/one.ts`.',
      'Expected a room for `c/four.ts` but got none.',
    ]);
  });
});

describe('tied', () => {
  test('hides circles inside a knot, but none that leaves it', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['a', 'c']],
      ['c', ['d']],
      ['d', []],
    ]);
    expect(circles(tied(graph, ['a', 'b']))).toEqual([]);
    graph.set('d', ['a']);
    expect(circles(tied(graph, ['a', 'b']))).toEqual([['a', 'c', 'd', 'a']]);
  });
});

describe('circles', () => {
  test('are found between files, and between rooms whose files have none', () => {
    const files = new Map([
      ['a/one.ts', ['b/two.ts']],
      ['b/two.ts', []],
      ['b/three.ts', ['a/four.ts']],
      ['a/four.ts', []],
    ]);
    expect(circles(files)).toEqual([]);
    expect(circles(roomImports(files, { a: ['b'], b: ['a'] }))).toEqual([['a', 'b', 'a']]);
    const three = new Map([
      ['start', ['x']],
      ['x', ['y']],
      ['y', ['z']],
      ['z', ['x']],
    ]);
    expect(circles(three)).toEqual([['x', 'y', 'z', 'x']]);
  });
});

describe('layers', () => {
  test.each(Object.keys(layers))('of %s name rooms that are there', (folder) => {
    const imports = importsOf(fileURLToPath(new URL(`../../${folder}`, import.meta.url)));
    const rooms = layers[folder];
    const taken = new Set([...imports.keys()].map((file) => roomOf(file, rooms)));
    for (const [room, allowed] of Object.entries(rooms)) {
      for (const name of [room, ...allowed]) expect(taken, name).toContain(name);
    }
  });
});
