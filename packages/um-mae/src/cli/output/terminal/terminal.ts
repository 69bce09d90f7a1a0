/** Messages on standard error, beside a line that changes. */
import { printable } from '../../../printable.js';

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
