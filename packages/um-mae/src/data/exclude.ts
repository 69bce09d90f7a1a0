/** Files that a user does not want, by patterns. */
import picomatch from 'picomatch';

/** The kind of thing, for a remark, that patterns leave out. */
export const excluded = 'files and folders left out by --exclude';

/** Whether a path, relative to the folder that a user named, is left out. */
export type Exclusion = (path: string) => boolean;

/** Patterns, and which of them have fitted something so far. */
export interface Patterns {
  readonly isExcluded: Exclusion;
  /** Returns the patterns that have fitted nothing. */
  readonly unused: () => readonly string[];
}

/**
 * Patterns as a shell has them: one without a slash is the name of files or folders at any depth,
 * one with a slash a path from the folder that a user named. What lies in a folder that is left out
 * is left out too.
 */
export function patternsOf(patterns: readonly string[]): Patterns {
  const all = patterns.map((pattern) => ({ pattern, fits: fitting(pattern) }));
  const used = new Set<string>();
  return {
    isExcluded(path) {
      const parts = path.normalize('NFC').split('/');
      const found = all.filter(({ fits }) => fits(parts));
      for (const { pattern } of found) used.add(pattern);
      return found.length > 0;
    },
    unused: () => patterns.filter((pattern) => !used.has(pattern)),
  };
}

/** Returns what `patternsOf` leaves out. */
export function excluding(patterns: readonly string[]): Exclusion {
  return patternsOf(patterns).isExcluded;
}

function fitting(pattern: string): (parts: readonly string[]) => boolean {
  const plain = pattern.normalize('NFC').replace(/^(\.?\/)+|\/+$/g, '');
  const fits = picomatch(plain, { dot: true, nonegate: true });
  return plain.includes('/')
    ? (parts) => parts.some((_, depth) => fits(parts.slice(0, depth + 1).join('/')))
    : (parts) => parts.some((part) => fits(part));
}
