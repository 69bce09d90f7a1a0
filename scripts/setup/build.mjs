import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repository, run, SetupError, step } from './run.mjs';
import { removeStaleOutput } from './stale-output.mjs';

/** The addon and the compiled TypeScript; both steps do only what has changed. */
export async function build() {
  await announceFirst('packages/torch/build/torch.node', 'compiling the addon', buildAddon);
  await announceFirst('packages/um-mae/dist', 'compiling TypeScript', compileTypeScript);
  removeStaleOutput(['packages/torch', 'packages/um-mae']);
}

/** The first build takes long, so it is announced; a later one is reported when it did something. */
async function announceFirst(output, label, work) {
  if (!existsSync(join(repository, output))) return step(label, work);
  const start = performance.now();
  if (await work()) {
    const seconds = Math.ceil((performance.now() - start) / 1000);
    process.stdout.write(`setup: ${label} ... ${seconds} s\n`);
  }
}

async function buildAddon() {
  const { buildNative } = await import('../../packages/torch/scripts/build-native.mjs');
  try {
    return await buildNative();
  } catch (error) {
    throw new SetupError('The addon did not compile; see what the compiler says above.', {
      exitCode: 1,
      output: `${error.stdout ?? ''}${error.stderr ?? error.message}`,
    });
  }
}

async function compileTypeScript() {
  const compiler = join(repository, 'node_modules/typescript/bin/tsc');
  const { succeeded, output } = await run(process.execPath, [compiler, '-b', '--listEmittedFiles']);
  const lines = output.split('\n');
  if (!succeeded) {
    throw new SetupError('The TypeScript did not compile; see what the compiler says above.', {
      exitCode: 1,
      output: lines.filter((line) => !line.startsWith('TSFILE:')).join('\n'),
    });
  }
  return lines.some((line) => line.startsWith('TSFILE:'));
}
