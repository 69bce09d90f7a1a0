/** Runs the program as a process of its own, one after the other, and passes signals on to it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { exitCodes, type StopSignal, stopSignals } from './stop-wish.js';

const program = fileURLToPath(new URL('../../bin/um-mae.js', import.meta.url));

/** Command lines in processes of their own; the first signal ends the one at work in good order. */
export class ChildPrograms implements Disposable {
  private child: ChildProcess | undefined;
  private stop: StopSignal | undefined;

  constructor() {
    for (const name of stopSignals) process.on(name, this.pass);
  }

  /** The exit code of the signal that has come; undefined before. */
  get stopCode(): number | undefined {
    return this.stop && exitCodes[this.stop];
  }

  /**
   * Runs a command line to its end.
   *
   * @param isSilent whether standard output is left out
   * @returns its exit code
   */
  async run(
    args: readonly string[],
    { isSilent }: { readonly isSilent: boolean },
  ): Promise<number> {
    const child = spawn(process.execPath, [...process.execArgv, program, ...args], {
      stdio: ['ignore', isSilent ? 'ignore' : 'inherit', 'inherit'],
      // Ctrl-C reaches this process alone, which passes it on.
      detached: true,
    });
    this.child = child;
    const [code, signal]: (number | NodeJS.Signals | null)[] = await once(child, 'close');
    this.child = undefined;
    if (typeof code === 'number') return code;
    return 128 + constants.signals[typeof signal === 'string' ? signal : 'SIGKILL'];
  }

  [Symbol.dispose](): void {
    for (const name of stopSignals) process.off(name, this.pass);
  }

  private readonly pass = (name: NodeJS.Signals): void => {
    this.stop ??= stopSignals.find((each) => each === name);
    this.child?.kill(name);
  };
}
