/** Runs the command line of this process. */
import { UmMaeError } from '../errors.js';
import { fail, failureOf } from './output/failure.js';
import { setStart } from './start-moment.js';
import { speaksFirst } from './team/cluster.js';
import { launch } from './team/launch.js';
import { processesIn } from './team/processes.js';

/**
 * Does what `process.argv` asks for; an error becomes a sentence and an exit code.
 *
 * @param startMs the time by `performance.now()` from which a budget of time counts
 */
export async function runCommandLine(startMs: number): Promise<void> {
  try {
    await guardSignals();
    const processes = processesIn(process.argv.slice(2), process.env);
    if (processes) {
      process.exitCode = await launch(processes);
      return;
    }
    const { program } = await import('./program.js');
    const root = await program(process.argv.slice(2));
    setStart(root, startMs);
    await root.parseAsync();
  } catch (error) {
    const isLaunchers = error instanceof UmMaeError && error.code === 'launcher';
    // All processes have the same launcher.
    const isSaid = isLaunchers && !speaksFirst(process.env);
    process.exitCode = isSaid ? failureOf(error).exitCode : fail(error);
  }
}

/** Addons that are missing or damaged are reported where they are needed. */
async function guardSignals(): Promise<void> {
  try {
    (await import('./stop-signals.js')).watchStopSignals();
  } catch (error) {
    if (!(error instanceof UmMaeError)) throw error;
  }
}
