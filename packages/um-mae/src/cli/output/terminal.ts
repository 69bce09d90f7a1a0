/** Messages on standard error, beside a line that changes. */

/** Goes to the beginning of the line and empties it. */
export const eraseLine = '\r\u001b[2K';

/** Prints to standard error, over a status line if there is one. */
export function complain(text: string): void {
  const shown = printable(text);
  console.error(process.stderr.isTTY ? eraseLine + shown : shown);
}

/** Prints sentences about weights that a command has taken, to standard error. */
export function tellNotes(notes: readonly string[]): void {
  for (const note of notes) complain(`um-mae: ${note}`);
}

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
