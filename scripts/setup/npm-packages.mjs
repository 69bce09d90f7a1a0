import { statSync } from 'node:fs';
import { join } from 'node:path';
import { npmCommand } from './plan.mjs';
import { repository, run, SetupError, step } from './run.mjs';

/** The packages of package-lock.json, installed again only when it has changed. */
export async function provideNpmPackages() {
  const command = npmCommand({
    lockTime: changeTime('package-lock.json'),
    // npm writes this file last, so an interrupted installation is not taken for a finished one.
    installTime: changeTime('node_modules/.package-lock.json'),
  });
  if (!command) return;

  await step(`installing npm packages (npm ${command})`, async () => {
    const options = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
    const { succeeded, output } = await run('npm', [command, ...options]);
    if (!succeeded) {
      throw new SetupError(
        `npm ${command} failed; check the network and what npm says above, then try again.`,
        { exitCode: 1, output },
      );
    }
  });
}

function changeTime(path) {
  return statSync(join(repository, path), { throwIfNoEntry: false })?.mtimeMs;
}
