/** Commands where a batch system leaves them little: address space, descriptors. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder, writeImages } from '../testing/command-line.js';

const program = fileURLToPath(new URL('../../../bin/um-mae.js', import.meta.url));

/** Runs the program under a limit of the shell. */
function limited(limit: string, ...args: readonly string[]) {
  const line = `ulimit ${limit} && exec "$0" "$@"`;
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile('bash', ['-c', line, process.execPath, program, ...args], (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    );
  });
}

test('images are read in 6 GB of address space, as no thread loads WebAssembly', async () => {
  const folder = temporaryFolder();
  await writeImages(folder, 1);
  const { code, stderr } = await limited('-v 6000000', 'data', 'check', join(folder, 'train'));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('too few descriptors are one sentence', async () => {
  const { code, stdout, stderr } = await limited('-n 40', '--help');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^um-mae: Expected to open .* but got: too many open files\.\n.*\n$/);
});
