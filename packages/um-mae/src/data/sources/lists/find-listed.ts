/**
 * Files that a list names, found although their names are written in another way than on the disk.
 */
import { readdirSync, statSync } from 'node:fs';
import { dirname, join, parse, sep } from 'node:path';
import { decodeName, readableName, systemPath } from '../../../files/file-names.js';
import { retrySync } from '../../../files/file-retries.js';

/**
 * Finds files by names whose accents are stored composed or decomposed (NFC, NFD), whose letters
 * are bytes of Latin-1 on the disk, or whose folders are parted by the backslashes of Windows.
 */
export class ListedFiles {
  /** Names on the disk by readable ones, for each folder that was looked into. */
  private readonly folders = new Map<string, Map<string, string>>();

  /**
   * Returns the path as it is on the disk, or undefined when nothing is there.
   *
   * @throws the system's error when it cannot be told what is there
   */
  find(path: string): string | undefined {
    if (exists(path)) return path;
    const turned = path.replaceAll('\\', sep);
    if (turned !== path && exists(turned)) return turned;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
    return /[^\u0000-\u007f]/.test(turned) ? this.byReadableName(turned) : undefined;
  }

  /** Walks from the first folder that is there to the file, name by name. */
  private byReadableName(path: string): string | undefined {
    const folder = dirname(path);
    const found = folder === parse(path).root || exists(folder) ? folder : this.find(folder);
    if (found === undefined) return undefined;
    const name = this.namesIn(found).get(readableName(parse(path).base));
    return name === undefined ? undefined : join(found, name);
  }

  private namesIn(folder: string): ReadonlyMap<string, string> {
    const known = this.folders.get(folder);
    if (known) return known;
    const names = retrySync(() => readdirSync(systemPath(folder), 'buffer')).map(decodeName);
    const readable = new Map(names.map((name) => [readableName(name), name]));
    this.folders.set(folder, readable);
    return readable;
  }
}

/** Synchronous: two microseconds a file, where a promise takes ten times that. */
function exists(path: string): boolean {
  // No system has such a name, and Node takes it for a mistake of the caller.
  if (path.includes('\0')) return false;
  const found = retrySync(() => {
    try {
      return statSync(systemPath(path), { throwIfNoEntry: false });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
      throw error;
    }
  });
  return found !== undefined;
}
