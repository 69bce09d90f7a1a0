/** Threads that read for the server, and what they take at most. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { MetricsIndex } from '../server/metrics/metrics-index.js';
import { Thread, ThreadFailure } from '../server/threads/thread.js';
import { stepLine, stepLines, temporaryFolder } from './testing/run-directories.js';

/** Answers with the square, does not come back from zero, and takes all memory for a negative one. */
const module = `
  import { parentPort } from 'node:worker_threads';
  const all = [];
  parentPort.on('message', ({ number, asked }) => {
    while (asked === 0);
    while (asked < 0) all.push(Array(1e5).fill({}));
    parentPort.postMessage({ number, value: asked * asked });
  });
  parentPort.postMessage('ready');
`;
const thread = new Thread<number>({
  module: new URL(`data:text/javascript,${encodeURIComponent(module)}`),
  mostMegabytes: 64,
});
afterAll(() => thread.close());

describe('a thread', () => {
  test.each([
    ['takes too long', 0, true],
    ['takes too much memory', -1, false],
  ])('that %s is ended, and the next question begins another', async (_, asked, isLate) => {
    expect(await thread.ask(3, 20_000)).toBe(9);
    const answer = thread.ask(asked, isLate ? 100 : 60_000);
    await expect(answer).rejects.toThrow(ThreadFailure);
    await expect(answer).rejects.toMatchObject({ isLate });
    expect(await Promise.all([thread.ask(4, 20_000), thread.ask(5, 20_000)])).toEqual([16, 25]);
  });
});

describe('a file of metrics', () => {
  const path = join(temporaryFolder(), 'metrics.jsonl');
  const read = async (index: MetricsIndex) => {
    await index.update(async (body) => {
      const file = await open(path);
      await body(file).finally(() => file.close());
    });
    return index;
  };

  test('is read up to a number of lines, and of bytes', async () => {
    const [lines, more] = [stepLines(10_000).join('\n'), stepLines(30).join('\n')];
    writeFileSync(path, `${lines}\n`);
    const few = await read(new MetricsIndex({ lines: 100, bytes: 2 ** 30 }));
    // The rest of a megabyte comes with the line that is one too many.
    expect(few).toMatchObject({ isComplete: true, isCut: true });
    expect(few.rows).toBeLessThan(10_000);
    appendFileSync(path, `${more}\n`);
    const before = few.rows;
    expect((await read(few)).rows).toBe(before);
    const short = await read(new MetricsIndex({ lines: 1e6, bytes: 2 ** 20 }));
    expect(short).toMatchObject({ isCut: true });
    const whole = await read(new MetricsIndex());
    expect(whole).toMatchObject({ isCut: false, rows: 10_030 });
  });

  test('has no line that is deep or long', async () => {
    const deep = stepLine(2, { note: 0 }).replace('0}', `${'['.repeat(99)}${']'.repeat(99)}}`);
    const long = stepLine(3, { note: 'x'.repeat(2 ** 17) });
    writeFileSync(path, `${[stepLine(1), deep, long, stepLine(4)].join('\n')}\n`);
    expect(await read(new MetricsIndex())).toMatchObject({ lines: 2, damaged: 2 });
  });
});
