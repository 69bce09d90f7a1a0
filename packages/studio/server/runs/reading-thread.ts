/**
 * The server's handle on the threads that read recipes, results and the last lines of metrics. Each
 * takes one file after the other, so that it is known which one ends it.
 */
import { type MetricsEnd, UmMaeError } from 'um-mae/runs';
import { Thread, ThreadFailure } from '../threads/thread.js';
import type { ReadRecipe } from './describe-recipe.js';
import type { Reading, ResultsReading } from './reading-worker.js';

/** A recipe takes milliseconds. What takes longer than this is read by another thread. */
const quickMs = 1000;
/** The longest time for one file. */
const patienceMs = 10_000;

export class ReadingThread {
  private readonly quick = new Lane(quickMs);
  /** Files that take long wait for each other, and others not for them. */
  private readonly slow = new Lane(patienceMs);

  /** @throws UmMaeError when the text is no recipe, or takes too long or too much memory */
  async recipe(text: string, path: string): Promise<ReadRecipe> {
    return (await this.read({ kind: 'recipe', text, path })) as ReadRecipe;
  }

  /**
   * Reads the last lines of metrics.
   *
   * @throws UmMaeError when they take too long or too much memory
   */
  async end(text: string, path: string): Promise<MetricsEnd> {
    return (await this.read({ kind: 'end', text, path })) as MetricsEnd;
  }

  /**
   * Checks results.
   *
   * @returns them as JSON
   * @throws UmMaeError when the text has no results, or takes too long or too much memory
   */
  async results(results: Omit<ResultsReading, 'kind'>): Promise<string> {
    return (await this.read({ kind: 'results', ...results })) as string;
  }

  async close(): Promise<void> {
    await Promise.all([this.quick.close(), this.slow.close()]);
  }

  private async read(reading: Reading): Promise<unknown> {
    try {
      return await this.quick.ask(reading).catch((error: unknown) => {
        if (error instanceof ThreadFailure && error.isLate) return this.slow.ask(reading);
        throw error;
      });
    } catch (error) {
      if (!(error instanceof ThreadFailure)) throw error;
      throw new UmMaeError('studio', `Expected to read ${reading.path} but got: ${error.reason}.`);
    }
  }
}

/** A thread with one question at a time. */
class Lane {
  private readonly thread = new Thread<Reading>({
    module: new URL('./reading-worker.js', import.meta.url),
    // Results of thousands of classes fit in.
    mostMegabytes: 512,
  });
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly patienceMs: number) {}

  ask(reading: Reading): Promise<unknown> {
    const value = this.last.then(() => this.thread.ask(reading, this.patienceMs));
    this.last = value.catch(() => {});
    return value;
  }

  close(): Promise<void> {
    return this.thread.close();
  }
}
