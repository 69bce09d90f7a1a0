import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { removeStaleOutput } from './stale-output.mjs';

const folder = mkdtempSync(join(tmpdir(), 'um-mae-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('what was compiled from a deleted source goes, and nothing else', () => {
  for (const name of ['src', 'dist/inner']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'src/kept.test.ts'), '');
  for (const name of ['kept.test', 'deleted.test']) {
    const map = { sources: [`../../src/${name}.ts`] };
    writeFileSync(join(folder, `dist/inner/${name}.js.map`), JSON.stringify(map));
    for (const ending of ['.js', '.d.ts', '.d.ts.map'])
      writeFileSync(join(folder, `dist/inner/${name}${ending}`), '');
  }
  writeFileSync(join(folder, 'dist/data.json'), '{}');

  removeStaleOutput(join(folder, 'dist'));
  expect(readdirSync(join(folder, 'dist/inner')).sort()).toEqual([
    ...['kept.test.d.ts', 'kept.test.d.ts.map', 'kept.test.js', 'kept.test.js.map'],
  ]);
  expect(readdirSync(join(folder, 'dist')).sort()).toEqual(['data.json', 'inner']);
});
