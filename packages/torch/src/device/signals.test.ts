import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

/** A program that hears signals but lets none through: it never comes back from its loop. */
function start(atRest: boolean) {
  const program = `
    import { setAtRest, watchSignals } from '${new URL('../index.js', import.meta.url)}';
    process.once('SIGTERM', () => {});
    watchSignals({ SIGTERM: 143 });
    setAtRest(${atRest});
    console.log('busy');
    for (;;);`;
  const args = ['--input-type=module', '--eval', program];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

test('a second signal ends a process in the middle of synchronous work', async () => {
  const child = start(false);
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  const again = setInterval(() => child.kill('SIGTERM'), 50);
  const [code, signal] = await once(child, 'exit');
  clearInterval(again);
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGTERM' });
});

test('the first one ends a process that is at rest', async () => {
  const child = start(true);
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([143, null]);
});
