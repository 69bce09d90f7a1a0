/**
 * A file of JSON values, one per line, that a resumed run takes up where its checkpoint was
 * written.
 */
import { existsSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { parseJson } from '@um-mae/torch/files';
import { CheckpointError } from '../../../errors.js';
import { withFileErrors } from '../../../files/file-errors.js';
import { wholeText } from '../../../files/whole-file.js';
import { replaceText } from '../replace-text.js';

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
      const text = existsSync(path) ? wholeText(path, { as: CheckpointError }) : '';
      const earlier = parseLines<Entry>(text, path).filter(keeps);
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

function parseLines<Entry extends Line>(text: string, path: string): Entry[] {
  // What follows the last line break was torn off in the middle.
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, index) => {
      const entry = parseEntry(line);
      if (entry) return entry as Entry;
      const found = JSON.stringify(line.slice(0, 100));
      throw new CheckpointError(`Expected JSON in line ${index + 1} of ${path} but got ${found}.`);
    });
}

/** @returns undefined for a text that is no line of a log */
export function parseEntry(text: string): Line | undefined {
  try {
    const value = parseJson(text);
    const isLine = typeof value === 'object' && value !== null && 'step' in value;
    return isLine && typeof value.step === 'number' ? { ...value, step: value.step } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
