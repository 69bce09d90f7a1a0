/** Runs commands of um-mae on an image of the user, one at a time, each in a process of its own. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { UmMaeError } from 'um-mae/runs';

/** Loading a large model on a busy machine. */
const patienceMs = 120_000;
const mostAnswer = 2 ** 24;
/** Images that are answered or wait, of up to 32 MB each. */
const mostOpen = 4;

/** Answers what needs libtorch, which the studio itself does not load. */
export class ImageQueries {
  private last: Promise<unknown> = Promise.resolve();
  /** Queries that are not answered yet. */
  private open = 0;

  /** @param program of um-mae; without it every query is refused */
  constructor(private readonly program: string | undefined) {}

  /**
   * Runs a command on the image of a request, in a folder that is deleted afterwards. Whoever has
   * gone meanwhile is forgotten.
   *
   * @param request with the bytes of the image as its body
   * @param body called with the paths of the image and of the folder, and a function that runs a
   *   command with `--json`
   * @throws UmMaeError with the program's own sentence, when it takes too long, or too many wait
   */
  withImage<Result>(
    request: Request,
    body: (
      paths: { readonly image: string; readonly folder: string },
      run: (...args: readonly string[]) => Promise<unknown>,
    ) => Promise<Result>,
  ): Promise<Result> {
    if (this.open >= mostOpen) {
      throw new UmMaeError(
        'studio',
        `Expected at most ${mostOpen} images at once but got another; try again in a moment.`,
      );
    }
    this.open++;
    const answer = this.answer(request, body).finally(() => this.open--);
    this.last = answer.catch(() => {});
    return answer;
  }

  private async answer<Result>(
    request: Request,
    body: Parameters<typeof this.withImage<Result>>[1],
  ): Promise<Result> {
    const before = this.last;
    const image = new Uint8Array(await request.arrayBuffer());
    await before;
    request.signal.throwIfAborted();
    return this.inFolder(image, request.signal, body);
  }

  private async inFolder<Result>(
    bytes: Uint8Array,
    signal: AbortSignal,
    body: Parameters<typeof this.withImage<Result>>[1],
  ): Promise<Result> {
    const folder = await mkdtemp(join(tmpdir(), 'um-mae-studio-'));
    try {
      const image = join(folder, 'image');
      await writeFile(image, bytes);
      return await body({ image, folder }, (...args) => this.run(args, { image, signal }));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  private run(
    args: readonly string[],
    { image, signal }: { readonly image: string; readonly signal: AbortSignal },
  ): Promise<unknown> {
    const { program } = this;
    if (program === undefined) {
      throw new UmMaeError('studio', 'Expected the program of um-mae but this studio has none.');
    }
    const options = { timeout: patienceMs, maxBuffer: mostAnswer, signal };
    return new Promise((resolve, reject) => {
      execFile(execPath, [program, ...args, '--json'], options, (error, stdout, stderr) => {
        if (!error) return resolve(JSON.parse(stdout));
        const [sentence = ''] = stderr.replace(/^um-mae: /, '').split('\n');
        const reason = error.killed
          ? `Expected an answer within ${patienceMs / 1000} seconds but got none.`
          : sentence.replaceAll(image, 'this file');
        reject(new UmMaeError('studio', reason || 'Expected an answer of um-mae but it failed.'));
      });
    });
  }
}
