/** A thread that reads recipes, results and the last lines of metrics, each from its text. */
import { type KeptResults, parseResults, readEnd, scoresByClass, shareInterval } from 'um-mae/runs';
import type { ClassificationResults } from '../../shared/protocol/results.js';
import { answerQuestions } from '../threads/answer-questions.js';
import { readRecipe } from './describe-recipe.js';

/** A text of a run, and what it is. */
export type Reading = ({ readonly kind: 'recipe' | 'end' } & TextOfRun) | ResultsReading;

/** The text of `results.json`. */
export interface ResultsReading extends TextOfRun {
  readonly kind: 'results';
  readonly task: KeptResults;
  /** The number of classes of the recipe. */
  readonly classes: number;
}

interface TextOfRun {
  readonly text: string;
  readonly path: string;
}

/** Adds what follows from the results to them. */
function readResults({ task, text, path, classes }: ResultsReading): object {
  const results = parseResults(task, text, path);
  if (task !== 'classification' || !('mistakes' in results)) return results;
  const { confusion } = results;
  const found: Partial<ClassificationResults> = {
    recognised: recognisedIn(confusion),
    classScores: scoresByClass(confusion, classes),
  };
  return { ...results, ...found };
}

/** The share of the images that are recognised, and how far chance reaches. */
function recognisedIn(
  confusion: ClassificationResults['confusion'],
): ClassificationResults['recognised'] {
  const sizes = new Map<number, number>();
  let right = 0;
  for (const [label, predicted, images] of confusion) {
    sizes.set(label, (sizes.get(label) ?? 0) + images);
    if (label === predicted) right += images;
  }
  const counts = [...sizes.values()];
  const images = counts.reduce((sum, count) => sum + count, 0);
  if (images === 0) return null;
  const share = right / images;
  const largest = counts.reduce((most, count) => Math.max(most, count), 0);
  return { images, share, interval: shareInterval(share, images), chance: largest / images };
}

answerQuestions<Reading>(
  (reading) => {
    const { text, path } = reading;
    if (reading.kind === 'results') return JSON.stringify(readResults(reading));
    return reading.kind === 'recipe' ? readRecipe(text, path) : readEnd(text);
  },
  ({ path }) => path,
);
