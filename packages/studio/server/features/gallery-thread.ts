/** The server's handle on the thread that reads files of features. */
import { UmMaeError } from 'um-mae/runs';
import { Thread, ThreadFailure } from '../threads/thread.js';
import type { GalleryQuestion } from './gallery-worker.js';

/** Reading and comparing half a gigabyte on a busy machine. */
const patienceMs = 30_000;

type Parts = readonly string[];

/** Every file is named by the parts of its path below the folder that is shown. */
export class GalleryThread {
  private readonly thread: Thread<GalleryQuestion>;

  /** @param folder the path of the folder that is shown */
  constructor(folder: string) {
    this.thread = new Thread({
      module: new URL('./gallery-worker.js', import.meta.url),
      data: folder,
      // Names and labels; features lie elsewhere.
      mostMegabytes: 1024,
    });
  }

  /** Returns `FeatureMap` as JSON. */
  async map(parts: Parts): Promise<string> {
    return (await this.ask({ kind: 'map', parts })) as string;
  }

  /** Returns f32 [images, components]. */
  async components(parts: Parts): Promise<Float32Array<ArrayBuffer>> {
    return (await this.ask({ kind: 'components', parts })) as Float32Array<ArrayBuffer>;
  }

  /** Returns a JPEG. @throws NotFoundError where there is none */
  async picture(parts: Parts, image: number): Promise<Uint8Array<ArrayBuffer>> {
    return (await this.ask({ kind: 'picture', parts, image })) as Uint8Array<ArrayBuffer>;
  }

  /** Returns `SimilarImages` as JSON. */
  async similar(parts: Parts, image: number, count: number): Promise<string> {
    return (await this.ask({ kind: 'similar', parts, image, count })) as string;
  }

  /** Returns the place of each path among the images; undefined for one that is not there. */
  async places(parts: Parts, paths: readonly string[]): Promise<(number | undefined)[]> {
    return (await this.ask({ kind: 'places', parts, paths })) as (number | undefined)[];
  }

  close(): Promise<void> {
    return this.thread.close();
  }

  /** @throws NotFoundError when there is no such file; UmMaeError when it cannot be read */
  private async ask(question: GalleryQuestion): Promise<unknown> {
    try {
      return await this.thread.ask(question, patienceMs);
    } catch (error) {
      if (!(error instanceof ThreadFailure)) throw error;
      const place = question.parts.join('/');
      throw new UmMaeError('studio', `Expected to read ${place} but got: ${error.reason}.`);
    }
  }
}
