/** A process that stays, for command lines that need none of their own: a start takes a second. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface Outcome {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class ProgramHost {
  #child: ChildProcess | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param file the compiled `host.ts` of the package that is run, by default of this one */
  constructor(private readonly file = ownHost) {}

  /** Runs a command line when those before it are done. */
  run(args: readonly string[]): Promise<Outcome> {
    const outcome = this.#last.then(() => this.#runNext(args));
    this.#last = outcome;
    return outcome;
  }

  /** Ends the process, if there is one. */
  async stop(): Promise<void> {
    await this.#last;
    this.#child?.disconnect();
  }

  async #runNext(args: readonly string[]): Promise<Outcome> {
    const child = this.#child ?? this.#start();
    const outputs = Promise.all([outputOf(child.stdout), outputOf(child.stderr)]);
    child.send(args);
    const [[stdout, code], [stderr]] = await outputs;
    if (code !== undefined) return { code: Number(code), stdout, stderr };
    // Programs that fail badly end; the next command line gets another process.
    if (this.#child) await once(child, 'exit');
    return { code: child.exitCode, stdout, stderr };
  }

  #start(): ChildProcess {
    const child = fork(this.file, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.#child = child.once('exit', () => {
      this.#child = undefined;
    });
    return child;
  }
}

const ownHost = fileURLToPath(new URL('host.js', import.meta.url));

/** Reads the output of a command line, and the mark between the zero bytes after it. */
function outputOf(
  stream: Readable | null,
): Promise<readonly [output: string, mark: string | undefined]> {
  return new Promise((resolve) => {
    let text = '';
    const finish = (output: string, mark?: string) => {
      stream?.off('data', add).off('end', end);
      resolve([output, mark]);
    };
    const end = () => finish(text);
    const add = (chunk: string) => {
      text += chunk;
      const [output = '', mark, rest] = text.split('\0');
      if (rest !== undefined) finish(output, mark);
    };
    stream?.setEncoding('utf8').on('data', add).on('end', end);
  });
}
