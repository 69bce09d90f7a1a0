/** Values of options, read and checked. */
import { InvalidArgumentError } from 'commander';
import { defaultWorkers } from '../../data/loading/threads/default-workers.js';
import { secondsOf } from '../../recipes/budget/time-text.js';
import { type Assignment, parseAssignment } from '../../recipes/values/assignments.js';

/** One more `--set path=value`. */
export function collectAssignments(
  text: string,
  earlier: readonly Assignment[] = [],
): Assignment[] {
  return [...earlier, parseAssignment(text)];
}

/** A file or a folder; a variable of the shell that is empty would mean the current one. */
export function place(text: string): string {
  if (text === '') throw new InvalidArgumentError('Expected a path.');
  return text;
}

/** The only format of pictures. */
export function png(text: string): string {
  if (!/\.png$/i.test(text)) throw new InvalidArgumentError('Expected a file that ends in .png.');
  return text;
}

export function positive(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('Expected a whole number above 0.');
  return Number(text);
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0))
    throw new InvalidArgumentError('Expected a number above 0.');
  return value;
}

/** A time, in seconds. */
export function time(text: string): number {
  const seconds = secondsOf(text);
  if (seconds === undefined) {
    throw new InvalidArgumentError('Expected a time of up to a year, such as 90s, 30m or 1h30m.');
  }
  return seconds;
}

export function natural(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 0.');
  return Number(text);
}

export function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError('Expected a number from 0 to 1.');
  return value;
}

export function port(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('Expected a whole number from 0 to 65535.');
  return Number(text);
}

/** Options that mean the same wherever they are. */
export const deviceOption = ['--device <name>', 'cpu, cuda, cuda:N or mps', 'cpu'] as const;

export const entryOption = [
  '--entry <name>',
  'which weights to use from a file that holds several sets, such as teacher or model_ema',
] as const;

export const budgetOption = [
  '--budget <time>',
  'the time that a run has, such as 90s, 30m or 1h30m: what is not set is chosen so that it ends then',
  time,
] as const;

export const verifyOption = [
  '--no-verify',
  'read weights without comparing them with their checksums',
] as const;

/** Another use of a trained network. */
export const inferenceOption = [
  '--set <path=value>',
  'a value of inference, such as inference.overlap=0.6, in place of that of the run; can be repeated',
  collectAssignments,
] as const;

export const dataRootOption = [
  '--data-root <folder>',
  "folder that relative paths in lists start from (default: the list's)",
  place,
] as const;

export function workersOption() {
  return ['--workers <n>', 'threads that decode images', positive, defaultWorkers()] as const;
}
