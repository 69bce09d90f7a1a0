/** The server's handle on the thread that reads the numbers of runs. */
import { UmMaeError } from 'um-mae/runs';
import { Thread, ThreadFailure } from '../threads/thread.js';
import type { SeriesRequest } from './series.js';
import type { SeriesQuestion } from './series-worker.js';

/** It answers in less than half a second, whatever it is reading. */
const patienceMs = 30_000;

export class SeriesThread {
  private readonly thread: Thread<SeriesQuestion>;

  /** @param folder the path of the folder that is shown */
  constructor(folder: string) {
    this.thread = new Thread({
      module: new URL('./series-worker.js', import.meta.url),
      data: folder,
      mostMegabytes: 512,
    });
  }

  /**
   * Reads what has been added to a file of metrics.
   *
   * @param parts of its path below the folder
   * @returns `Series` as JSON
   */
  async series(parts: readonly string[], request: SeriesRequest): Promise<string> {
    try {
      return (await this.thread.ask({ parts, request }, patienceMs)) as string;
    } catch (error) {
      if (!(error instanceof ThreadFailure)) throw error;
      throw new UmMaeError(
        'studio',
        `Expected to read ${parts.join('/')} but got: ${error.reason}.`,
      );
    }
  }

  close(): Promise<void> {
    return this.thread.close();
  }
}
