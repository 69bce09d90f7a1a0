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

/** Answers what needs libtorch, which the studio itself does not load. */
export class ImageQueries {
  private last: Promise<unknown> = Promise.resolve();

  /** @param program of um-mae; without it every query is refused */
  constructor(private readonly program: string | undefined) {}

  /**
   * Runs a command on an image, in a folder that is deleted afterwards.
   *
   * @param body called with the paths of the image and of the folder, and a function that runs a
   *   command with `--json`
   * @throws UmMaeError with the program's own sentence, or when it takes too long
   */
  withImage<Result>(
    image: Uint8Array,
    body: (
      paths: { readonly image: string; readonly folder: string },
      run: (...args: readonly string[]) => Promise<unknown>,
    ) => Promise<Result>,
  ): Promise<Result> {
    const answer = this.last.then(() => this.inFolder(image, body));
    this.last = answer.catch(() => {});
    return answer;
  }

  private async inFolder<Result>(
    bytes: Uint8Array,
    body: Parameters<typeof this.withImage<Result>>[1],
  ): Promise<Result> {
    const folder = await mkdtemp(join(tmpdir(), 'um-mae-studio-'));
    try {
      const image = join(folder, 'image');
      await writeFile(image, bytes);
      return await body({ image, folder }, (...args) => this.run(args, image));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  private run(args: readonly string[], image: string): Promise<unknown> {
    const { program } = this;
    if (program === undefined) {
      throw new UmMaeError('studio', 'Expected the program of um-mae but this studio has none.');
    }
    const options = { timeout: patienceMs, maxBuffer: mostAnswer };
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
