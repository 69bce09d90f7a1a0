import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { SetupError } from '../../packages/torch/scripts/setup/run.mjs';

/**
 * Checks by publint that the entries of a tarball are there, with types, as Node and TypeScript
 * find them.
 */
export async function checkTarball(file) {
  const { buffer } = new Uint8Array(readFileSync(file));
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
  const lines = messages.map((message) => `${message.type}: ${formatMessage(message, pkg)}`);
  const kilobytes = Math.ceil(statSync(file).size / 1000);
  process.stdout.write(`release: ${basename(file)}, ${kilobytes} kB\n`);
  for (const line of lines) process.stdout.write(`  ${line}\n`);
  if (messages.every(({ type }) => type === 'suggestion')) return;
  throw new SetupError(`Expected publint to find no fault in ${basename(file)}.`, { exitCode: 1 });
}
