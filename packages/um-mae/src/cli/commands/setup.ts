/** `um-mae setup`: builds the addons of an installed package, with all that this needs. */
import type { Command } from 'commander';
import { complain } from '../output/terminal/terminal.js';

const stepsText = `
With apt it installs libtorch, OpenBLAS, oneDNN's and libjpeg's headers, g++ and make where they are
missing. LIBTORCH names the folder of another libtorch; a torch package that python3 finds is used,
too. After an update of libtorch or of um-mae, run it again.

On Debian 12, @um-mae/debian-12-x64 has addons that are compiled already, for processors with AVX2:
then only libraries are installed, unless --compile is given.`;

export function addSetup(command: Command): void {
  command
    .option('--compile', 'also where the package of compiled addons is installed')
    .addHelpText('after', stepsText)
    .action(run);
}

async function run({ compile }: { readonly compile?: boolean }): Promise<void> {
  const { SetupError } = await import('@um-mae/torch/setup');
  const { setUp } = await import('../../../scripts/setup.mjs');
  try {
    await setUp({ compile });
    console.log('Ready. `um-mae doctor` shows what is used.');
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    if (error.output !== '') complain(error.output);
    complain(`um-mae: ${error.message}`);
    process.exitCode = error.exitCode;
  }
}
