import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const modules = new URL('.', import.meta.url);

/** A program that a signal finds in a loop from which it never comes back, with an unfinished folder. */
function start({ listens, atRest }: { readonly listens: boolean; readonly atRest: boolean }) {
  const folder = join(mkdtempSync(join(tmpdir(), 'signals-')), 'unfinished');
  const program = `
    import { mkdirSync, writeFileSync } from 'node:fs';
    import { setUnfinished } from '@um-mae/torch/files';
    import { listenForStop, watchStopSignals } from '${modules}stop-signals.js';
    watchStopSignals();
    if (${listens}) listenForStop().rest(${atRest});
    setUnfinished('${folder}', true);
    mkdirSync('${folder}');
    writeFileSync('${folder}/half', 'half');
    console.log('busy');
    for (;;);`;
  const args = ['--input-type=module', '--eval', program];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  return { child, folder, said: () => said };
}

test('a second signal ends a process in the middle of synchronous work', async () => {
  const { child, folder, said } = start({ listens: true, atRest: false });
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  const again = setInterval(() => child.kill('SIGTERM'), 50);
  const [code, signal] = await once(child, 'close');
  clearInterval(again);
  expect({ code, signal, isLeft: existsSync(folder) }).toEqual({
    code: null,
    signal: 'SIGTERM',
    isLeft: false,
  });
  expect(said()).toBe('Finishing the step; a second signal stops at once.\n');
});

test.each([
  { listens: true, atRest: true, words: 'Stopping; a second signal stops at once.\n' },
  { listens: false, atRest: false, words: 'Stopped by a signal.\n' },
])('the first one ends a process that says: $words', async ({ words, ...program }) => {
  const { child, folder, said } = start(program);
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  const [code, signal] = await once(child, 'close');
  expect({ code, signal, isLeft: existsSync(folder) }).toEqual({
    code: 130,
    signal: null,
    isLeft: false,
  });
  expect(said()).toBe(words);
});
