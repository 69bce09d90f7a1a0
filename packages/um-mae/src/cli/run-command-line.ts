/** Runs the command line of this process. */
import { launch, processesIn } from './launch.js';
import { fail, isLostGroup } from './output/failure.js';

/** Does what `process.argv` asks for; an error becomes a sentence and an exit code. */
export async function runCommandLine(): Promise<void> {
  const processes = processesIn(process.argv.slice(2));
  if (processes) {
    process.exitCode = await launch(processes);
    return;
  }
  try {
    const { program } = await import('./program.js');
    await (await program(process.argv[2])).parseAsync();
  } catch (error) {
    process.exitCode = fail(error);
    // Without the processes of its group this one has nothing left to wait for.
    if (isLostGroup(error)) process.exit();
  }
}
