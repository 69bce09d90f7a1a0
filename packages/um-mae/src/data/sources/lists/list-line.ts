/** A line of a list: an image, perhaps with its class. */
import { imageExtensions, isImageName } from '../../image-files.js';

export interface ListLine {
  readonly name: string;
  readonly label: string | undefined;
  /** Whether quotes stood around the name. */
  readonly isQuoted: boolean;
}

const extensions = imageExtensions.map((extension) => extension.slice(1)).join('|');
/** The last image on the line that something follows, a label perhaps of several words. */
const labelled = new RegExp(
  `^(?<name>.*\\.(?:${extensions}))(?<parting>\\s*[,;\\t]\\s*|\\s+)(?<label>.+)$`,
  'i',
);
const quoted = /^(?<quote>["'])(?<name>.+?)\k<quote>(?<parting>\s*[,;\t]\s*|\s+|$)(?<label>.*)$/;

/**
 * Returns undefined when the line is none of `path` and `path label`, with quotes or without,
 * parted by blanks, a comma or a tab.
 */
export function parseLine(line: string): ListLine | undefined {
  if (isImageName(line)) return { name: line, label: undefined, isQuoted: false };
  const inQuotes = quoted.exec(line)?.groups;
  const isQuoted = inQuotes !== undefined;
  const { name, parting = '', label } = inQuotes ?? labelled.exec(line)?.groups ?? {};
  if (name === undefined || label === undefined || !isImageName(name)) return undefined;
  // Further columns, of which nobody can tell which one is meant.
  if (/^\d+\s+\S/.test(label) || hasColumns(label, parting)) return undefined;
  return { name, label: unquoted(label), isQuoted };
}

/** Tells whether a label is parted by what parts it from the path. */
function hasColumns(label: string, parting: string): boolean {
  const [sign] = /[,;\t]/.exec(parting) ?? [];
  return sign !== undefined && !/^["']/.test(label) && label.includes(sign);
}

function unquoted(label: string): string | undefined {
  const [, , inner = label] = /^(["'])(.*)\1$/.exec(label) ?? [];
  return inner === '' ? undefined : inner;
}
