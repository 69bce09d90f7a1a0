/** Files that a user does not want, by patterns. */
import picomatch from 'picomatch';

/** The kind of thing, for a remark, that patterns leave out. */
export const excluded = 'files and folders left out by --exclude';

/** Whether a path, relative to the folder that a user named, is left out. */
export type Exclusion = (path: string) => boolean;

/**
 * Patterns as a shell has them: one without a slash is the name of files or folders at any depth,
 * one with a slash a path from the folder that a user named. What lies in a folder that is left out
 * is left out too.
 */
export function excluding(patterns: readonly string[]): Exclusion {
  if (patterns.length === 0) return () => false;
  const plain = patterns.map((pattern) => pattern.normalize('NFC').replace(/^\.?\/|\/$/g, ''));
  const options = { dot: true, nonegate: true };
  const names = plain.filter((pattern) => !pattern.includes('/'));
  const paths = plain.filter((pattern) => pattern.includes('/'));
  const isName = picomatch(names, options);
  const isPath = picomatch(paths, options);
  return (path) => {
    const parts = path.normalize('NFC').split('/');
    return parts.some(
      (part, depth) =>
        (names.length > 0 && isName(part)) ||
        (paths.length > 0 && isPath(parts.slice(0, depth + 1).join('/'))),
    );
  };
}
