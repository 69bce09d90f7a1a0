/** The main thread's handle on a thread that decodes images. */
import { Worker } from 'node:worker_threads';
import { DataError } from '../../../errors.js';

interface PendingJob<Result> {
  resolve(result: Result): void;
  reject(error: Error): void;
}

/** A job has a number, which its result repeats. */
interface Identified {
  readonly id: number;
}

export class DecodeThread<Job extends Identified, Result extends Identified> {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, PendingJob<Result>>();
  private stopped: Error | undefined;

  /**
   * @param module what runs in the thread: it answers every job, in their order
   * @param settings what stays the same for the life of the thread
   */
  constructor(module: URL, settings: unknown) {
    this.worker = new Worker(module, { workerData: settings });
    this.worker.unref();
    this.worker.on('message', (result: Result) => this.finish(result));
    this.worker.on('error', (error) => this.stop(error));
    this.worker.on('exit', (code) => this.stop(new Error(`exit code ${code}`)));
  }

  /** Rejects when the thread ends before it has answered. */
  run(job: Job): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.stopped) return reject(this.stopped);
      this.waiting.set(job.id, { resolve, reject });
      // Only a thread that owes an answer keeps the process alive.
      this.worker.ref();
      this.worker.postMessage(job);
    });
  }

  async close(): Promise<void> {
    this.stop(new Error('it was closed'));
    await this.worker.terminate();
  }

  private finish(result: Result): void {
    this.waiting.get(result.id)?.resolve(result);
    this.waiting.delete(result.id);
    if (this.waiting.size === 0) this.worker.unref();
  }

  private stop(cause: Error): void {
    this.stopped ??= new DataError(
      `Expected the decoding thread to go on but it stopped: ${cause.message}.`,
      { cause },
    );
    for (const { reject } of this.waiting.values()) reject(this.stopped);
    this.waiting.clear();
  }
}
