/** Files below one folder, and no others, whatever names and links say. */
import { constants } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { NotFoundError, ServeError } from '../errors.js';

/** The folder that is shown. */
export class ShownFolder {
  private constructor(
    /** The folder as the user wrote it. */
    readonly name: string,
    /** The path without links. */
    readonly path: string,
  ) {}

  /**
   * @throws an error of the system when there is nothing, ServeError when there is something else
   */
  static async open(name: string): Promise<ShownFolder> {
    const path = await realpath(name);
    if ((await stat(path)).isDirectory()) return new ShownFolder(name, path);
    throw new ServeError(`Expected a folder of runs at \`${name}\` but got a file.`);
  }

  /** @throws NotFoundError when the path leads out of the folder, or to nothing */
  async resolve(...parts: readonly string[]): Promise<string> {
    const path = await realpath(join(this.path, ...parts)).catch(missing(parts));
    if (path === this.path || path.startsWith(this.path.replace(/\/?$/, sep))) return path;
    throw notFound(parts);
  }

  /**
   * Opens a file for the time of `body`.
   *
   * @throws NotFoundError unless it is a regular file in the folder
   */
  async withFile<Result>(
    parts: readonly string[],
    body: (file: FileHandle) => Promise<Result>,
  ): Promise<Result> {
    const path = await this.resolve(...parts);
    // The links have been followed: one that appears only now is not. Opening a pipe would wait for
    // someone to write.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(path, flags).catch(missing(parts));
    try {
      if (!(await file.stat()).isFile()) throw notFound(parts);
      return await body(file);
    } finally {
      await file.close();
    }
  }
}

function missing(parts: readonly string[]): (cause: unknown) => never {
  return (cause) => {
    throw notFound(parts, cause);
  };
}

function notFound(parts: readonly string[], cause?: unknown): NotFoundError {
  return new NotFoundError(`Found no file \`${join(...parts)}\`.`, {
    cause,
  });
}
