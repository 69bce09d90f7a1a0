/** Messages beside a status line. */

/** Goes to the beginning of the line and empties it. */
export const eraseLine = '\r\u001b[2K';

/** Prints to standard error, over a status line if there is one. */
export function complain(text: string): void {
  console.error(process.stderr.isTTY ? eraseLine + text : text);
}
