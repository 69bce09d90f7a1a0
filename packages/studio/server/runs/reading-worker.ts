/** A thread that reads recipes, results and the last lines of metrics, each from its text. */
import { type KeptResults, parseResults, readEnd, scoresByClass } from 'um-mae/runs';
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
  return { ...results, classScores: scoresByClass(results.confusion, classes) };
}

answerQuestions<Reading>(
  (reading) => {
    const { text, path } = reading;
    if (reading.kind === 'results') return JSON.stringify(readResults(reading));
    return reading.kind === 'recipe' ? readRecipe(text, path) : readEnd(text);
  },
  ({ path }) => path,
);
