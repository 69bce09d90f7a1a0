/** Labels as they are written in lists, archives and tables, in one normal form. */
import type { Remarks } from '../sources/remarks.js';

/**
 * Returns the label that a text means: without blanks around it, its accents composed (NFC).
 * Negative numbers, with which data sets mark images whose class is secret, and empty texts mean
 * none. What names several classes, or is no line, means none too, with a remark.
 *
 * @param where the place of the text, for the remark
 */
export function labelText(text: string, where: string, remarks: Remarks): string | undefined {
  const label = text
    .replace(/^\uFEFF/, '')
    .trim()
    .normalize('NFC');
  if (label === '') return undefined;
  if (/^-\d+(\.0+)?$/.test(label)) {
    const what = 'numbers below 0, which mark secret classes, taken for none';
    remarks.addOnClasses(what, `${label} of ${where}`);
    return undefined;
  }
  const areSeveral = /^\d+([\s,;]+\d+)+$/.test(label) || /^\[.*\]$/s.test(label);
  if (areSeveral) {
    remarks.addOnClasses(
      'labels of several classes, taken for none',
      `${shown(label)} of ${where}`,
    );
    return undefined;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f]/.test(label) || label.length > longest) {
    remarks.addOnClasses('labels that are no line, taken for none', `${shown(label)} of ${where}`);
    return undefined;
  }
  return label;
}

const longest = 500;

function shown(label: string): string {
  return JSON.stringify(label.length > 60 ? `${label.slice(0, 60)}...` : label);
}

/** Returns the number that a label is, undefined where it is a word. */
export function wholeNumber(label: string): number | undefined {
  return /^\d{1,9}$/.test(label) ? Number(label) : undefined;
}

/**
 * Returns a form of a name that is the same for names of the same class, however their accents are
 * stored.
 */
export function sameName(name: string): string {
  return name.normalize('NFC');
}

/** Lists the first ten names, for a sentence. */
export function listed(names: readonly string[]): string {
  const quoted = names.slice(0, 10).map((name) => `\`${name}\``);
  return names.length > 10
    ? `${quoted.join(', ')} and ${names.length - 10} more`
    : quoted.join(', ');
}
