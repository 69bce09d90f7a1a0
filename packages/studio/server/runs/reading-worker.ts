/** A thread that reads recipes, results and the last lines of metrics, each from its text. */
import { type KeptResults, parseResults, readEnd } from 'um-mae/runs';
import { answerQuestions } from '../threads/answer-questions.js';
import { readRecipe } from './describe-recipe.js';

/** A text of a run, and what it is. */
export type Reading =
  | ({ readonly kind: 'recipe' | 'end' } & TextOfRun)
  | ({ readonly kind: 'results'; readonly task: KeptResults } & TextOfRun);

interface TextOfRun {
  readonly text: string;
  readonly path: string;
}

answerQuestions<Reading>(
  (reading) => {
    const { text, path } = reading;
    if (reading.kind === 'results') return JSON.stringify(parseResults(reading.task, text, path));
    return reading.kind === 'recipe' ? readRecipe(text, path) : readEnd(text);
  },
  ({ path }) => path,
);
