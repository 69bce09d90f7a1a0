/** Runs the command line of this process. */
import { fail } from './output/failure.js';

/** Does what `process.argv` asks for; an error becomes a sentence and an exit code. */
export async function runCommandLine(): Promise<void> {
  try {
    const { program } = await import('./program.js');
    await (await program(process.argv[2])).parseAsync();
  } catch (error) {
    process.exitCode = fail(error);
  }
}
