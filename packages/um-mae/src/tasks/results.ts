/** `results.json`: what the best weights of a run get right and wrong, in the layout of its task. */
import type { z } from 'zod';
import { CheckpointError } from '../errors.js';
import { classificationResults } from './classification/results.js';

/** The layout of each task that keeps results, by the name of the task. */
const layouts = { classification: classificationResults } as const;

/** Whether runs of a task keep results that `parseResults` reads. */
export function keepsResults(task: string): task is keyof typeof layouts {
  return Object.hasOwn(layouts, task);
}

/** @throws CheckpointError when the text is no such file of the task */
export function parseResults<Task extends keyof typeof layouts>(
  task: Task,
  text: string,
  path: string,
): z.output<(typeof layouts)[Task]> {
  try {
    return layouts[task].parse(JSON.parse(text));
  } catch (cause) {
    throw new CheckpointError(
      `Expected results of a run in ${path} but it is damaged, or of a newer version.`,
      { cause },
    );
  }
}
