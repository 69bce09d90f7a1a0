/** The tasks on labelled images. */
import { ok as assert } from 'node:assert';
import type { AnyLabelledRecipe } from '../recipes/kind.js';
import { classificationTask } from './classification/labelled.js';
import { detectionTask, instancesTask } from './detection/labelled.js';
import type { LabelledTask } from './labelled-task.js';
import { segmentationTask } from './segmentation/labelled.js';

const tasks: readonly LabelledTask[] = [
  classificationTask,
  segmentationTask,
  detectionTask,
  instancesTask,
];

/** The task of a recipe. */
export function labelledTaskOf(recipe: AnyLabelledRecipe): LabelledTask {
  const found = tasks.find(({ kind }) => kind.task === recipe.task);
  assert(found, 'every kind of recipe that finetune runs has a task');
  return found;
}

/** Whether some task has a head with a tensor of this name. */
export function mayBeHead(name: string): boolean {
  return tasks.some((task) => task.isHead(name));
}
