/** A line of standard error that tells how far it is, where a person sees it. */
import { count } from './format.js';
import { eraseLine } from './terminal.js';

export function showStatus(verb: string, done: number, total: number): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`${eraseLine}${count(done)} of ${count(total)} ${verb}`);
}

export function clearStatus(): void {
  if (process.stderr.isTTY) process.stderr.write(eraseLine);
}
