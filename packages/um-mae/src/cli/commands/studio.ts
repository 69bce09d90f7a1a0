/** `um-mae studio`: run directories in a browser. */
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { counted } from '../../counted.js';
import { UmMaeError } from '../../errors.js';
import { printableLine } from '../../printable.js';
import { place, port } from '../flags/option-values.js';

interface StudioFlags {
  readonly host: string;
  readonly port: number;
}

/** The part of `@um-mae/studio` that this command uses. */
interface StudioModule {
  serveStudio(
    options: StudioFlags & {
      readonly folder: string;
      readonly program: string;
      readonly command: string;
    },
  ): Promise<{ readonly url: string; readonly folder: string; readonly runs: number }>;
}

export function addStudio(command: Command): void {
  command
    .argument('[folder]', 'folder of runs, at any of four levels, or one run', place, 'runs')
    .option('--port <n>', '0: any that is free', port, 7007)
    .option(
      '--host <address>',
      'address to listen on; unless it is this machine only, the URL contains a token',
      '127.0.0.1',
    )
    .action(run);
}

/** Serves until a signal ends the program. There is nothing to finish or to save. */
async function run(folder: string, flags: StudioFlags): Promise<void> {
  const { serveStudio } = await loadStudio();
  const program = fileURLToPath(new URL('../../../bin/um-mae.js', import.meta.url));
  const command = process.env.npm_command === 'exec' ? 'npx um-mae' : 'um-mae';
  const served = await serveStudio({ folder, ...flags, program, command });
  const found = served.runs === 0 ? 'No runs yet' : counted(served.runs, 'run');
  console.log(printableLine(`${found} in ${served.folder}: ${served.url}`));
}

/**
 * The studio stands above this package and imports from it, so it can be no dependency here: it is
 * loaded by its name, as an optional peer, when it is asked for.
 */
async function loadStudio(): Promise<StudioModule> {
  const name: string = '@um-mae/studio';
  try {
    return await import(name);
  } catch (cause) {
    if (!isMissing(cause, name)) throw cause;
    throw new UmMaeError(
      'studio',
      `Expected the package ${name} for \`um-mae studio\` but it is not installed.\nInstall it with \`npm install ${name}\`.`,
      { cause },
    );
  }
}

/** Whether it is the package itself that was not found, and not something in it. */
function isMissing(cause: unknown, name: string): boolean {
  if (!(cause instanceof Error && 'code' in cause)) return false;
  return cause.code === 'ERR_MODULE_NOT_FOUND' && cause.message.includes(`package '${name}'`);
}
