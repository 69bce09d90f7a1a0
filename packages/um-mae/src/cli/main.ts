/** The program. */
import { goOnUnderNohup } from './nohup.js';
import { runCommandLine } from './run-command-line.js';

// A program whose reader has left goes on: what it writes into files is what counts.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
goOnUnderNohup();
// The process has begun then.
await runCommandLine(0);
