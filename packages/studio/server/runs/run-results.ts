/** Reads what the best weights of a run get right and wrong. */
import { keepsResults, RunDirectory } from 'um-mae/runs';
import type { RunResults } from '../../shared/protocol/results.js';
import { NotFoundError } from '../errors.js';
import type { ShownFolder } from '../files/inside.js';
import { readSmall } from '../files/read.js';
import type { Run } from './run.js';

/** Thousands of classes, and two dozen pictures. */
const mostBytes = 2 ** 26;

/**
 * Reads the results that a page shows, which may be millions of numbers: they stay text.
 *
 * @returns `RunResults` as JSON
 * @throws UmMaeError when `results.json` is damaged
 */
export async function resultsOf(run: Run, folder: ShownFolder): Promise<string> {
  const { task, classes } = await run.recipe();
  const none = JSON.stringify({ classes, best: null } satisfies RunResults);
  if (!keepsResults(task)) return none;
  const { results } = new RunDirectory('');
  try {
    const bytes = await folder.withFile(run.place(results), (file) =>
      readSmall(file, { mostBytes }),
    );
    const best = await run.checkedResults(task, bytes.toString('utf8'));
    return `{"classes":${JSON.stringify(classes)},"best":${best}}`;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    return none;
  }
}
