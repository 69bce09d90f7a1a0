import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository, run, SetupError, step } from './run.mjs';
import { removeStaleOutput } from './stale-output.mjs';

/** The addons and the compiled TypeScript; each step does only what has changed. */
export async function build() {
  for (const [name, file] of [
    ['torch', 'torch.node'],
    ['um-mae', 'pixels.node'],
  ]) {
    const announced = !existsSync(join(repository, 'packages', name, 'build', file));
    await report(`compiling ${file}`, { announced, work: () => buildAddon(name) });
  }

  const folders = outputFolders();
  const force = !folders.every((folder) => existsSync(folder));
  const work = () => compileTypeScript({ force });
  await report('compiling TypeScript', { announced: force, work });
  for (const folder of folders) removeStaleOutput(folder);
  await buildStudioPage();
}

/** Lists the folders that `tsc -b` writes for each package. */
export function outputFolders() {
  const { references } = JSON.parse(readFileSync(join(repository, 'tsconfig.json'), 'utf8'));
  return references.map(({ path }) => join(repository, path, 'dist'));
}

/** Announces the first build, which takes long. A later one is reported if it did something. */
async function report(label, { announced, work }) {
  if (announced) return step(label, work);
  const start = performance.now();
  if (await work()) {
    const seconds = Math.ceil((performance.now() - start) / 1000);
    process.stdout.write(`setup: ${label} ... ${seconds} s\n`);
  }
}

/** @param name of the package whose addon it is */
async function buildAddon(name) {
  const { buildNative } = await import(`../../packages/${name}/scripts/build-native.mjs`);
  try {
    return await buildNative();
  } catch (error) {
    throw new SetupError(
      `The addon of ${name} did not compile; see what the compiler says above.`,
      {
        exitCode: 1,
        output: `${error.stdout ?? ''}${error.stderr ?? error.message}`,
      },
    );
  }
}

/** A tenth of a second: not worth a line. */
async function buildStudioPage() {
  const { buildPage } = await import('../../packages/studio/scripts/build-page.mjs');
  try {
    await buildPage();
  } catch (error) {
    throw new SetupError('The page of the studio was not built; see what esbuild says above.', {
      exitCode: 1,
      output: error.message,
    });
  }
}

/** `force` writes all files again: `tsc -b` does not notice that its output was deleted. */
async function compileTypeScript({ force }) {
  const compiler = join(repository, 'node_modules/typescript/bin/tsc');
  const options = ['-b', '--listEmittedFiles', ...(force ? ['--force'] : [])];
  const { succeeded, output } = await run(process.execPath, [compiler, ...options]);
  const lines = output.split('\n');
  if (!succeeded) {
    throw new SetupError('The TypeScript did not compile; see what the compiler says above.', {
      exitCode: 1,
      output: lines.filter((line) => !line.startsWith('TSFILE:')).join('\n'),
    });
  }
  return lines.some((line) => line.startsWith('TSFILE:'));
}
