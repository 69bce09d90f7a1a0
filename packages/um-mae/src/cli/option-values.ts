/** Values of options, read and checked. */
import { InvalidArgumentError } from 'commander';
import { type Assignment, parseAssignment } from '../recipes/assignments.js';

/** One more `--set path=value`. */
export function collectAssignments(
  text: string,
  earlier: readonly Assignment[] = [],
): Assignment[] {
  return [...earlier, parseAssignment(text)];
}

export function positive(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('Expected a whole number above 0.');
  return Number(text);
}

export function natural(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 0.');
  return Number(text);
}
