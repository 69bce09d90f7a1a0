/**
 * `results.json`: what the best weights of a run get right and wrong, in the layout of its task.
 */
import { parseJson } from '@um-mae/torch/files';
import type { z } from 'zod';
import { CheckpointError } from '../errors.js';
import { type ClassificationResults, classificationResults } from './classification/results.js';
import { type DetectionResults, detectionResults } from './detection/results.js';
import { type SegmentationResults, segmentationResults } from './segmentation/results.js';

/** The results of each task that keeps some, by its name in recipes. */
interface ResultsByTask {
  readonly classification: ClassificationResults;
  readonly segmentation: SegmentationResults;
  readonly detection: DetectionResults;
  readonly instances: DetectionResults;
}

type Layouts = { readonly [Task in keyof ResultsByTask]: z.ZodType<ResultsByTask[Task]> };

const layouts: Layouts = {
  classification: classificationResults,
  segmentation: segmentationResults,
  detection: detectionResults,
  instances: detectionResults,
};

/** The name of a task whose runs keep results. */
export type KeptResults = keyof ResultsByTask;

/**
 * Whether runs of a task keep results that `parseResults` reads.
 *
 * @example
 * ```ts
 * import { keepsResults } from 'um-mae/runs';
 *
 * console.log(keepsResults('classification'), keepsResults('pretrain')); // true false
 * ```
 */
export function keepsResults(task: string): task is KeptResults {
  return Object.hasOwn(layouts, task);
}

/**
 * @throws CheckpointError when the text is no such file of the task
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { parseResults, RunDirectory } from 'um-mae/runs';
 *
 * const { results } = new RunDirectory('runs/classes');
 * const found = parseResults('classification', await readFile(results, 'utf8'), results);
 * console.log(found.mistakes.length);
 * ```
 */
export function parseResults<Task extends keyof ResultsByTask>(
  task: Task,
  text: string,
  path: string,
): ResultsByTask[Task] {
  try {
    return layouts[task].parse(parseJson(text));
  } catch (cause) {
    throw new CheckpointError(
      `Expected results of a run in ${path} but it is damaged, or of a newer version.`,
      { cause },
    );
  }
}
