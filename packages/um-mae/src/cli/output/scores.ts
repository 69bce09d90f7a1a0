/** Scores of any task, in words. */
import { recipeKinds } from '../../recipes/kind.js';
import { percent, significant } from './format.js';

const descriptions = new Map(
  recipeKinds.flatMap(({ scores }) => scores.map((score) => [score.name, score] as const)),
);

/** The scores of a group with their labels; what is no score is left out. */
export function describeScores(scores: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(scores).flatMap(([name, value]) => describeScore(name, value) ?? []);
}

/** Undefined for what was not found, and for what is no score. */
export function describeScore(name: string, value: unknown): string | undefined {
  const { label, format } = descriptions.get(name) ?? { label: name, format: 'number' };
  if (typeof value !== 'number' || format === 'count') return undefined;
  return `${label} ${format === 'share' ? percent(value) : significant(value, 4)}`;
}
