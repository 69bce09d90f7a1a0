/** The server's handle on the thread that reads recipes and results of runs, one after the other. */
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type KeptResults, UmMaeError } from 'um-mae/runs';
import type { ReadRecipe } from './describe-recipe.js';
import type { Answer, Reading } from './reading-worker.js';

/** The longest time for one file; a recipe takes milliseconds. */
const patienceMs = 5000;
/** Results of thousands of classes fit in. */
const mostMegabytes = 512;

export class ReadingThread {
  private worker: Promise<Worker> | undefined;
  private last: Promise<unknown> = Promise.resolve();

  /** @throws UmMaeError when the text is no recipe, or takes too long or too much memory */
  async recipe(text: string, path: string): Promise<ReadRecipe> {
    return (await this.read({ kind: 'recipe', text, path })) as ReadRecipe;
  }

  /**
   * Checks results.
   *
   * @returns them as JSON
   * @throws UmMaeError when the text has no results, or takes too long or too much memory
   */
  async results(task: KeptResults, text: string, path: string): Promise<string> {
    return (await this.read({ kind: 'results', task, text, path })) as string;
  }

  async close(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    await (await worker)?.terminate();
  }

  private read(reading: Reading): Promise<unknown> {
    const value = this.last.then(async () => {
      const answer = await this.answerTo(reading);
      if ('value' in answer) return answer.value;
      throw new UmMaeError(answer.code, answer.message);
    });
    this.last = value.catch(() => {});
    return value;
  }

  private async answerTo(reading: Reading): Promise<Answer> {
    this.worker ??= start();
    const ended = new AbortController();
    const { signal } = ended;
    try {
      const worker = await this.worker;
      // Only a thread that owes an answer keeps the process alive.
      worker.ref();
      const answer = once(worker, 'message', { signal }) as Promise<[Answer]>;
      const exit = once(worker, 'exit', { signal }).then(() => undefined);
      worker.postMessage(reading);
      const late = setTimeout(patienceMs, undefined, { signal });
      const [first] = (await Promise.race([answer, exit, late])) ?? [];
      worker.unref();
      return first ?? this.giveUp(reading, `no answer in ${patienceMs / 1000} seconds`);
    } catch (error) {
      return this.giveUp(reading, error instanceof Error ? error.message : String(error));
    } finally {
      ended.abort();
    }
  }

  /** Ends the thread; the next reading begins another one. */
  private giveUp({ path }: Reading, reason: string): Answer {
    this.close().catch(() => {});
    return { code: 'studio', message: `Expected to read ${path} but got: ${reason}.` };
  }
}

async function start(): Promise<Worker> {
  const worker = new Worker(new URL('./reading-worker.js', import.meta.url), {
    // Those of the program may be of no use to a thread.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
  });
  worker.on('error', () => {});
  await once(worker, 'message');
  worker.unref();
  return worker;
}
