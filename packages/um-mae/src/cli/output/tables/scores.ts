/** Scores of any task, in words. */
import { recipeKinds } from '../../../recipes/kind.js';
import { percent, significant } from '../format.js';

const descriptions = new Map(
  recipeKinds.flatMap(({ scores }) => scores.map((score) => [score.name, score] as const)),
);

/** The scores of a group with their labels; what is no score is left out. */
export function describeScores(scores: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(scores).flatMap(([name, value]) => describeScore(name, value) ?? []);
}

/** Undefined for what was not found, and for what is no score. */
export function describeScore(name: string, value: unknown): string | undefined {
  if (typeof value !== 'number' || descriptions.get(name)?.format === 'count') return undefined;
  return `${scoreLabel(name)} ${scoreValue(name, value)}`;
}

/** Returns the words for a score. */
export function scoreLabel(name: string): string {
  return descriptions.get(name)?.label ?? name;
}

/** Whether a score is a share, which is written in per cent. */
export function isShare(name: string): boolean {
  return descriptions.get(name)?.format === 'share';
}

/** Writes the value of a score as its task has it written. */
export function scoreValue(name: string, value: number): string {
  return isShare(name) ? percent(value) : significant(value, 4);
}
