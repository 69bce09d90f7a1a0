import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { run, SetupError, step } from '../../packages/torch/scripts/setup/run.mjs';

/** The ending of an archive's name. */
export const archiveEnding = '.tar.xz';

/**
 * Packs a folder as an archive beside it.
 *
 * @returns {Promise<string>} the path of the archive
 */
export async function archive(folder) {
  const file = `${folder}${archiveEnding}`;
  await step('compressing', async () => {
    const { succeeded, output } = await run('tar', [
      ...['--create', '--use-compress-program=xz -T0', `--file=${file}`],
      // Nobody of this machine owns files on the other one.
      ...['--sort=name', '--owner=0', '--group=0', '--numeric-owner'],
      ...['-C', dirname(folder), basename(folder)],
    ]);
    if (!succeeded) {
      const message = 'The bundle could not be compressed; see what tar and xz say above.';
      throw new SetupError(message, { exitCode: 1, output });
    }
  });
  const megabytes = (statSync(file).size / 1e6).toFixed(1);
  process.stdout.write(`bundle: ${megabytes} MB; unpack it by \`tar xf\`\n`);
  return file;
}
