/**
 * Runs one command line after the other in one process, so that libtorch and all modules are loaded
 * once. A message is a list of arguments; after its output, both streams get a zero byte, and the
 * first the exit code.
 */
import { runCommandLine } from '../run-command-line.js';
import { stopSignals } from '../stop-wish.js';

const [node = '', program = ''] = process.argv;

async function run(args: readonly string[]): Promise<void> {
  process.argv = [node, program, ...args];
  process.exitCode = 0;
  await runCommandLine(performance.now());
  process.stdout.write(`\0${process.exitCode}\0`);
  process.stderr.write('\0\0');
  // A command listens for signals to the end of its process.
  for (const signal of stopSignals) process.removeAllListeners(signal);
}

process.on('message', (args: readonly string[]) => void run(args));
