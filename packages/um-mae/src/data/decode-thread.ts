/** The main thread's handle on one decoding thread. */
import { Worker } from 'node:worker_threads';
import { DataError } from '../errors.js';
import type { DecodeJob, DecodeResult, DecodeSettings } from './decode-worker.js';

interface Waiting {
  resolve(result: DecodeResult): void;
  reject(error: Error): void;
}

export class DecodeThread {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private stopped: Error | undefined;

  constructor(settings: DecodeSettings) {
    this.worker = new Worker(new URL('./decode-worker.js', import.meta.url), {
      workerData: settings,
    });
    this.worker.unref();
    this.worker.on('message', (result: DecodeResult) => this.finish(result));
    this.worker.on('error', (error) => this.stop(error));
    this.worker.on('exit', (code) => this.stop(new Error(`exit code ${code}`)));
  }

  /** Rejects when the thread ends before it has answered. */
  run(job: DecodeJob): Promise<DecodeResult> {
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

  private finish(result: DecodeResult): void {
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
