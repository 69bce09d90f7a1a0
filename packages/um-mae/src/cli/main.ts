/** The program: runs the command line, and turns errors into sentences and exit codes. */
import { fail } from './failure.js';

// A program whose reader has left goes on: what it writes into files is what counts.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
try {
  // All commands but `studio` load libtorch, which may be missing.
  const { program } =
    process.argv[2] === 'studio'
      ? await import('./studio-program.js')
      : await import('./program.js');
  await program().parseAsync();
} catch (error) {
  process.exitCode = fail(error);
}
