/** The side of a thread: it answers the questions of the server, errors in a sentence. */
import { parentPort } from 'node:worker_threads';
import { UmMaeError } from 'um-mae/runs';

/** @template Asked what is asked */
export interface Question<Asked> {
  readonly number: number;
  readonly asked: Asked;
}

/** The answer to the question of this number, or the reason why there is none. */
export type Answer = { readonly number: number } & (
  | { readonly value: unknown }
  | { readonly code: string; readonly message: string }
);

/**
 * Answers all questions from now on.
 *
 * @param answerTo returns the answer; bytes and numbers are moved, not copied, and so must lie in
 *   memory of their own
 * @param placeOf names the file that a question is about, for errors
 */
export function answerQuestions<Asked>(
  answerTo: (asked: Asked) => unknown,
  placeOf: (asked: Asked) => string,
): void {
  parentPort?.on('message', async ({ number, asked }: Question<Asked>) => {
    try {
      const value = await answerTo(asked);
      const moved = ArrayBuffer.isView(value) ? [value.buffer as ArrayBuffer] : [];
      parentPort?.postMessage({ number, value } satisfies Answer, moved);
    } catch (error) {
      parentPort?.postMessage({ number, ...refusalOf(error, placeOf(asked)) } satisfies Answer);
    }
  });
  // Now it may be asked.
  parentPort?.postMessage('ready');
}

function refusalOf(error: unknown, place: string): { code: string; message: string } {
  if (error instanceof UmMaeError) return { code: error.code, message: error.message };
  const reason = error instanceof Error ? error.message : String(error);
  return { code: 'studio', message: `Expected to read ${place} but got: ${reason}.` };
}
