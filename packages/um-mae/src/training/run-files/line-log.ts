/**
 * A file of JSON values, one per line, that a resumed run takes up where its checkpoint was
 * written.
 */
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { CheckpointError } from '../../errors.js';
import { withFileErrors } from '../../file-errors.js';
import { replaceText } from './replace-text.js';

/** A line; `step` counts the optimizer steps that were done when it was written. */
export interface Line {
  readonly step: number;
}

/** A log, and the lines that it held already. */
export interface LogWithEntries<Entry extends Line> {
  readonly log: LineLog<Entry>;
  readonly earlier: readonly Entry[];
}

export class LineLog<Entry extends Line> {
  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  /**
   * Opens a file, which need not exist, and drops the lines that will be written again.
   *
   * @throws CheckpointError when a line is damaged; the last one may be torn
   */
  static async open<Entry extends Line>(
    path: string,
    keeps: (line: Entry) => boolean,
  ): Promise<LogWithEntries<Entry>> {
    return withFileErrors({ verb: 'write', path, as: CheckpointError }, async () => {
      const earlier = parseLines<Entry>(await readOrEmpty(path), path).filter(keeps);
      replaceText(path, earlier.map(toLine).join(''));
      return { log: new LineLog<Entry>(path, await open(path, 'a')), earlier };
    });
  }

  async append(entry: Entry): Promise<void> {
    await this.write(() => this.file.appendFile(toLine(entry)));
  }

  /** Returns once everything is on the disk. */
  async flush(): Promise<void> {
    await this.write(() => this.file.datasync());
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private write(body: () => Promise<void>): Promise<void> {
    return withFileErrors({ verb: 'write', path: this.path, as: CheckpointError }, body);
  }
}

function toLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

async function readOrEmpty(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}

function parseLines<Entry>(text: string, path: string): Entry[] {
  // What follows the last line break was torn off in the middle.
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, index) => {
      try {
        return JSON.parse(line) as Entry;
      } catch (cause) {
        throw new CheckpointError(
          `Expected JSON in line ${index + 1} of ${path} but got ${line}.`,
          {
            cause,
          },
        );
      }
    });
}
