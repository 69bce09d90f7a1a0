/**
 * The server's handle on a thread of its own, which reads what anyone may have written, so that the
 * server goes on answering.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { UmMaeError } from 'um-mae/runs';
import { NotFoundError } from '../errors.js';
import type { Answer, Question } from './answer-questions.js';

export interface ThreadOptions {
  /** The module that calls `answerQuestions`. */
  readonly module: URL;
  /** The value that the module finds as `workerData`. */
  readonly data?: unknown;
  /** The memory of its values; beyond that the thread ends. */
  readonly mostMegabytes: number;
}

/** A thread has ended, or been ended, before it answered. */
export class ThreadFailure extends Error {
  constructor(
    /** The words that follow "but got" in a sentence. */
    readonly reason: string,
    /** Whether it took too long. */
    readonly isLate = false,
  ) {
    super(reason);
  }
}

/**
 * A thread that begins with the first question, and again with the next one after it has ended.
 *
 * @template Asked the questions that the module takes
 */
export class Thread<Asked> {
  private started: Promise<StartedThread<Asked>> | undefined;

  constructor(private readonly options: ThreadOptions) {}

  /**
   * Asks for a value. Of several questions at once none waits for another, unless the module does.
   *
   * @param patienceMs after which the thread is ended, with whatever else it is at
   * @throws UmMaeError of the thread; ThreadFailure when it ends or takes too long
   */
  async ask(asked: Asked, patienceMs: number): Promise<unknown> {
    this.started ??= start(this.options);
    const { started } = this;
    try {
      return await (await started).ask(asked, patienceMs);
    } catch (error) {
      if (error instanceof ThreadFailure && this.started === started) this.started = undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    const { started } = this;
    this.started = undefined;
    await (await started?.catch(() => undefined))?.close();
  }
}

interface Asker {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A thread that takes questions until it ends. */
class StartedThread<Asked> {
  private readonly askers = new Map<number, Asker>();
  private asked = 0;
  private ending: ThreadFailure | undefined;

  constructor(private readonly worker: Worker) {
    worker.unref();
    worker.on('error', ({ message }) => this.end(new ThreadFailure(message)));
    worker.on('exit', () => this.end(new ThreadFailure('the thread that reads it has ended')));
    worker.on('message', (answer: Answer) => {
      const asker = this.askers.get(answer.number);
      if ('value' in answer) asker?.resolve(answer.value);
      else asker?.reject(errorOf(answer));
    });
  }

  async ask(asked: Asked, patienceMs: number): Promise<unknown> {
    if (this.ending) throw this.ending;
    const number = this.asked++;
    const late = setTimeout(() => {
      this.end(new ThreadFailure(`no answer in ${patienceMs / 1000} seconds`, true));
      this.close().catch(() => {});
    }, patienceMs);
    // Only a thread that owes an answer keeps the process alive.
    this.worker.ref();
    try {
      return await new Promise((resolve, reject) => {
        this.askers.set(number, { resolve, reject });
        this.worker.postMessage({ number, asked } satisfies Question<Asked>);
      });
    } finally {
      clearTimeout(late);
      this.askers.delete(number);
      if (this.askers.size === 0) this.worker.unref();
    }
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private end(failure: ThreadFailure): void {
    this.ending ??= failure;
    for (const { reject } of this.askers.values()) reject(this.ending);
  }
}

/** @throws ThreadFailure where the system has none to give */
async function start<Asked>(options: ThreadOptions): Promise<StartedThread<Asked>> {
  const { module, data, mostMegabytes } = options;
  try {
    const worker = new Worker(module, {
      workerData: data,
      // Those of the program may be of no use to a thread.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
    });
    // It is ready.
    await once(worker, 'message');
    return new StartedThread(worker);
  } catch (error) {
    throw new ThreadFailure(error instanceof Error ? error.message : String(error));
  }
}

function errorOf({ code, message }: { readonly code: string; readonly message: string }): Error {
  return code === 'not-found' ? new NotFoundError(message) : new UmMaeError(code, message);
}
