/** `um-mae setup`: builds the addons of an installed package, with all that this needs. */
import type { Command } from 'commander';
import { complain } from '../output/terminal.js';

const stepsText = `
With apt it installs libtorch, OpenBLAS, oneDNN's and libjpeg's headers, g++ and make where they are
missing. LIBTORCH names the folder of another libtorch; a torch package that python3 finds is used,
too. After an update of libtorch or of um-mae, run it again.`;

export function addSetup(command: Command): void {
  command.addHelpText('after', stepsText).action(run);
}

async function run(): Promise<void> {
  const { SetupError } = await import('@um-mae/torch/setup');
  const { setUp } = await import('../../../scripts/setup.mjs');
  try {
    await setUp();
    console.log('Ready. `um-mae doctor` shows what is used.');
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    if (error.output !== '') complain(error.output);
    complain(`um-mae: ${error.message}`);
    process.exitCode = error.exitCode;
  }
}
