/** A thread that reads what anyone may have written into a run, so that the server goes on answering. */
import { parentPort } from 'node:worker_threads';
import { type KeptResults, parseResults, UmMaeError } from 'um-mae/runs';
import { readRecipe } from './describe-recipe.js';

/** A text of a run, and what it is. */
export type Reading =
  | { readonly kind: 'recipe'; readonly text: string; readonly path: string }
  | {
      readonly kind: 'results';
      readonly task: KeptResults;
      readonly text: string;
      readonly path: string;
    };

/** The answer to a reading, or the reason why there is none. */
export type Answer =
  | { readonly value: unknown }
  | { readonly code: string; readonly message: string };

function answerTo(reading: Reading): Answer {
  const { text, path } = reading;
  try {
    if (reading.kind === 'recipe') return { value: readRecipe(text, path) };
    return { value: JSON.stringify(parseResults(reading.task, text, path)) };
  } catch (error) {
    if (error instanceof UmMaeError) return { code: error.code, message: error.message };
    const reason = error instanceof Error ? error.message : String(error);
    return { code: 'studio', message: `Expected to read ${path} but got: ${reason}.` };
  }
}

parentPort?.on('message', (reading: Reading) => parentPort?.postMessage(answerTo(reading)));
parentPort?.postMessage('ready');
