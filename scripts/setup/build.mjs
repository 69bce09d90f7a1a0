import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildStep, run, SetupError } from '../../packages/torch/scripts/setup/run.mjs';
import { repository } from './repository.mjs';
import { removeStaleOutput } from './stale-output.mjs';

/** The addons and the compiled TypeScript; each step does only what has changed. */
export async function build() {
  // Only now: before npm has run, its packages are not there.
  const { buildAddons } = await import('../../packages/um-mae/scripts/setup.mjs');
  await buildAddons();
  const folders = outputFolders();
  const force = !folders.every((folder) => existsSync(folder));
  const work = () => compileTypeScript({ force });
  await buildStep('compiling TypeScript', { isFirst: force, work });
  for (const folder of folders) removeStaleOutput(folder);
  await buildStudioPage();
}

/** Lists the folders that `tsc -b` writes for each package. */
export function outputFolders() {
  const { references } = JSON.parse(readFileSync(join(repository, 'tsconfig.json'), 'utf8'));
  return references.map(({ path }) => join(repository, path, 'dist'));
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
  const { succeeded, output } = await run(process.execPath, [compiler, ...options], {
    folder: repository,
  });
  const lines = output.split('\n');
  if (!succeeded) {
    throw new SetupError('The TypeScript did not compile; see what the compiler says above.', {
      exitCode: 1,
      output: lines.filter((line) => !line.startsWith('TSFILE:')).join('\n'),
    });
  }
  return lines.some((line) => line.startsWith('TSFILE:'));
}
