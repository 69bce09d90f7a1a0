/** The program. */
import { runCommandLine } from './run-command-line.js';

// A program whose reader has left goes on: what it writes into files is what counts.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
await runCommandLine();
