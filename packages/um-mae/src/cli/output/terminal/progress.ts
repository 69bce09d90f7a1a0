/**
 * Shows the events of a run: a status line on a terminal, plain lines elsewhere, JSON for machines.
 */

import { printable } from '../../../printable.js';
import { fitWidth } from '../tables/fit-width.js';
import { EventLines, type TrainingEvent } from './event-lines.js';
import { eraseLine } from './terminal.js';

/** The part of a terminal that progress is written to. */
export type Terminal = Pick<NodeJS.WriteStream, 'columns' | 'write'>;

export type Show = (event: TrainingEvent) => void;

/** Width of lines where no terminal says its own. */
export const plainWidth = 80;

/** An event of any kind, in JSON. */
interface JsonEvent {
  readonly kind: string;
  readonly logged?: boolean;
  readonly reason?: string;
}

/** One object per line; of the steps, those that are logged. */
export function showJson(event: JsonEvent): void {
  if (event.logged !== false) console.log(JSON.stringify(event));
}

/** Shows a line for whatever happens; of the steps, for those that are logged. */
export function showPlain(): Show {
  const lines = new EventLines(() => plainWidth);
  return (event) => {
    const text = event.kind === 'step' && !event.logged ? undefined : lines.text(event);
    if (text !== undefined) console.log(printable(text));
  };
}

/** Steps overwrite one line, everything else stays. */
export function showOnTerminal(terminal: Terminal): Show {
  // A line as wide as the terminal would wrap.
  const width = () => (terminal.columns || plainWidth) - 1;
  const lines = new EventLines(width);
  const stay = (text: string) => terminal.write(`${eraseLine}${printable(text)}\n`);
  return (event) => {
    if (event.kind === 'step') {
      const { head, row } = lines.row(event);
      if (head !== undefined) stay(head);
      terminal.write(eraseLine + row);
      return;
    }
    const text = lines.text(event);
    if (text !== undefined) stay(fitWidth(text, width()));
  };
}
