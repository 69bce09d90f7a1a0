/** Reads what the best weights of a run get right and wrong. */
import { keepsResults, parseResults, RunDirectory } from 'um-mae/runs';
import type { RunResults } from '../../shared/protocol.js';
import { NotFoundError } from '../errors.js';
import type { ShownFolder } from '../files/inside.js';
import { readSmall } from '../files/read.js';
import type { Run } from './run.js';

/** Thousands of classes, and two dozen pictures. */
const mostBytes = 2 ** 26;

/** @throws CheckpointError when `results.json` is damaged */
export async function resultsOf(run: Run, folder: ShownFolder): Promise<RunResults> {
  const { task, classes } = await run.recipe();
  if (!keepsResults(task)) return { classes, best: null };
  const { results } = new RunDirectory('');
  try {
    const bytes = await folder.withFile(run.place(results), (file) =>
      readSmall(file, { mostBytes }),
    );
    return { classes, best: parseResults(task, bytes.toString('utf8'), `${run.name}/${results}`) };
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    return { classes, best: null };
  }
}
