import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { listedFiles } from '../data/sources/files.js';
import { sampleOf } from '../data/sources/image-sample.js';
import { openList } from '../data/sources/lists/list-file.js';
import { TarFile } from '../data/sources/tar/tar-file.js';
import { FileError } from '../errors.js';
import { readRecipeFile } from '../recipes/recipe-file.js';
import { LineLog } from '../training/run-files/metrics/line-log.js';
import { readJson } from '../weights/said-options.js';
import { wholeBytes, wholeText } from './whole-file.js';

const folder = mkdtempSync(join(tmpdir(), 'um-mae-whole-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

/** A file of zeros that takes no room on the disk. */
function sparse(name: string, bytes: number): string {
  writeFileSync(at(name), '');
  truncateSync(at(name), bytes);
  return at(name);
}

describe('a whole file', () => {
  test('is read up to a length, and a pipe too', () => {
    writeFileSync(at('text'), 'ä'.repeat(50_000));
    expect(wholeText(at('text'), { as: FileError, most: 100_000 })).toBe('ä'.repeat(50_000));
    expect(() => wholeBytes(at('text'), { as: FileError, most: 99_999 })).toThrow(
      `Expected at most 0.1 MB in ${at('text')} but got 0.1 MB.`,
    );
    const program = `import { wholeText } from '${new URL('./whole-file.js', import.meta.url)}';
      console.log(wholeText('/dev/stdin', { as: Error, most: 200_000 }).length);`;
    writeFileSync(at('read.mjs'), program);
    const run = (bytes: number) =>
      execFileSync('sh', ['-c', `head -c ${bytes} /dev/zero | "${process.execPath}" read.mjs`], {
        cwd: folder,
        stdio: 'pipe',
        encoding: 'utf8',
      });
    expect(run(150_000)).toBe('150000\n');
    expect(() => run(300_000)).toThrow('in /dev/stdin but got more.');
  });

  test('is no named pipe, for which nobody waits', () => {
    execFileSync('mkfifo', [at('pipe.png')]);
    expect(wholeText(at('pipe.png'), { as: FileError })).toBe('');
    expect(sampleOf(listedFiles([at('pipe.png')], ['pipe.png']))).toHaveLength(8);
    expect(() => new TarFile(at('pipe.png')).read(0, 512)).toThrow(/./);
  });

  test('is refused in a sentence where it is none', () => {
    mkdirSync(at('folder'));
    const read = (name: string) => () => wholeBytes(at(name), { as: FileError });
    expect(read('folder')).toThrow(/^Expected to read .*folder but got: illegal operation on a/);
    expect(read('none')).toThrow(/^Expected to read .*none but got: no such file or directory.$/);
    expect(read('a\0b')).toThrow(/but got: a null byte in the name.$/);
    expect(() => wholeBytes('/dev/zero', { as: FileError, most: 2 ** 20 })).toThrow(
      'Expected at most 1.05 MB in /dev/zero but got more.',
    );
  });

  test.each<[string, (path: string) => unknown]>([
    ['a list', (path) => openList(path)],
    ['a recipe', (path) => readRecipeFile(path)],
    ['a config.json', async (path) => readJson(path)],
    ['metrics', (path) => LineLog.open(path, () => true)],
  ])('is refused as %s before its 600 MB are in memory', async (name, read) => {
    const before = process.memoryUsage().rss;
    const path = sparse(`${name}.txt`, 600e6);
    await expect(read(path)).rejects.toThrow(/^Expected at most [\d.]+ MB in .* but got 600 MB\.$/);
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });
});

describe('lines of a run', () => {
  test.each(['null', '7', '{}', '{"step": "x"}', `{"step":${'['.repeat(99)}`, '\u001b[2J'])(
    'that are damaged are refused by their number: %s',
    async (line) => {
      writeFileSync(at('metrics.jsonl'), `{"step": 1}\n${line}\n`);
      await expect(LineLog.open(at('metrics.jsonl'), () => true)).rejects.toThrow(
        /^Expected JSON in line 2 of .* but got "\P{Cc}*"\.$/u,
      );
    },
  );
});
