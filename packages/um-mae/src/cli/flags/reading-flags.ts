/**
 * Flags that say how images and their classes are read, of every command that opens sets of images.
 */
import { type Command, Option } from 'commander';
import type { ReadingOptions, SampleKeys } from '../../data/reading-options.js';
import { dataRootOption, place } from './option-values.js';

/** The values of these flags. */
export interface ReadingFlags {
  readonly dataRoot?: string;
  readonly labelColumn?: string;
  readonly classNames?: string;
  readonly exclude?: readonly string[];
  readonly sampleKeys?: SampleKeys;
}

/** Adds the flags to a command. */
export function addReadingFlags(command: Command): Command {
  return command
    .option(...dataRootOption)
    .option('--label-column <name>', 'column of a table, or field of a shard, that holds the class')
    .option('--class-names <file>', 'class names: one a line, or the old and the new name', place)
    .option(...excludeOption)
    .addOption(
      new Option(
        '--sample-keys <where>',
        'where a sample key ends in the file names of a shard (default: decided by the names)',
      ).choices(['first-dot', 'last-dot']),
    );
}

export const excludeOption = [
  '--exclude <pattern>',
  'files and folders to leave out; can be repeated',
  (pattern: string, earlier: readonly string[] = []) => [...earlier, pattern],
] as const;

/** Returns what the flags say, for the library. */
export function readingOf(flags: ReadingFlags): ReadingOptions {
  const { dataRoot: root, labelColumn, classNames, exclude, sampleKeys } = flags;
  return { root, labelColumn, classNames, exclude, sampleKeys };
}

/** Returns what the flags say, as values of a recipe. */
export function readingValues(flags: ReadingFlags): Record<string, unknown> {
  const { root: _, ...reading } = readingOf(flags);
  return Object.fromEntries(
    Object.entries(reading).map(([name, value]) => [`data.${name}`, value]),
  );
}
