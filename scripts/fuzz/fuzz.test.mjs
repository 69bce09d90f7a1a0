import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Coverage } from './coverage.mjs';
import { mutate } from './mutate.mjs';
import { isSentence, readers } from './readers.mjs';
import { corpusOf, randomOf, startFolder } from './runs.mjs';

const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('every file of the corpus, and some that are almost like it', () => {
  test.each(Object.entries(readers))(
    '%s is read, or refused in a sentence',
    async (name, reader) => {
      const own = mkdtempSync(join(folder, 'reader-'));
      const input = startFolder(own, { name, ending: reader.ending });
      const read = await reader.load();
      const [corpus, random] = [corpusOf(name), randomOf(1)];
      const entry = () => corpus[Math.floor(random() * corpus.length)];
      const changed = Array.from({ length: 15 }, () => mutate(entry, random));
      for (const [i, content] of [...corpus, ...changed].entries()) {
        writeFileSync(input, content);
        try {
          await read(input);
        } catch (error) {
          expect(error, `file ${i}: ${error?.stack}`).toSatisfy(isSentence);
        }
      }
    },
  );
});

test('changes are the same for the same seed', () => {
  const change = (seed) => mutate(() => Buffer.from('{"a": [1, 2, 3]}'), randomOf(seed));
  expect(change(5)).toEqual(change(5));
  expect(new Set(Array.from({ length: 20 }, (_, seed) => `${change(seed)}`)).size).toBeGreaterThan(
    9,
  );
});

test('code that has not run before is noticed, once', async () => {
  const file = join(folder, 'branches.mjs');
  writeFileSync(
    file,
    'export function branch(a) {\n  if (a > 1) return "more";\n  return "less";\n}\n',
  );
  const coverage = new Coverage();
  coverage.start();
  const { branch } = await import(file);
  branch(0);
  coverage.hasNew();
  branch(0);
  const again = coverage.hasNew();
  branch(2);
  expect([again, coverage.hasNew(false)]).toEqual([false, true]);
  branch(2);
  expect([coverage.hasNew(), coverage.hasNew()]).toEqual([true, false]);
});

test('a run tells how much was read and reached, and when the last of it', () => {
  const main = join(import.meta.dirname, 'main.mjs');
  const options = [main, 'list-txt', '--minutes', '0.02'];
  const { status, stdout } = spawnSync(process.execPath, options, { encoding: 'utf8' });
  expect(stdout).toMatch(
    /^list-txt: \d+ files read in \d+ s, \d+ in the corpus, \d+ letters of code reached, the last after \d+ s, 0 findings$/m,
  );
  expect(status).toBe(0);
});

test('a reader that is none is refused with the names of all', () => {
  const main = join(import.meta.dirname, 'main.mjs');
  const { status, stderr } = spawnSync(process.execPath, [main, 'nope'], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toMatch(/^Expected readers out of all, safetensors, .* but got `nope`\.$/m);
});
