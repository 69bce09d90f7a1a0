/** Texts of strangers, as names of files and classes are, for terminals and documents. */

/**
 * Gives the text without control characters other than line ends, and without those that turn the
 * direction of what follows: names in files are a stranger's, and terminals obey.
 */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n]|\p{Bidi_Control}/gu, '\ufffd');
}

/** Gives the text of one line as `printable` does, also without the line ends that names may have. */
export function printableLine(line: string): string {
  return printable(line).replaceAll('\n', '\ufffd');
}
