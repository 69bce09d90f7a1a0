/** The tasks that a recipe may name, and what reads the recipes of each. */
import { join } from 'node:path';
import { RecipeError } from '../errors.js';
import {
  namedDetection,
  namedInstances,
  smallDetection,
  smallInstances,
} from './detection/named.js';
import {
  type DetectionRecipe,
  detectionRecipe,
  type InstancesRecipe,
  instancesRecipe,
} from './detection/object-recipe.js';
import { objectScoreNames } from './detection/object-scores.js';
import { type FinetuneRecipe, finetuneRecipe } from './finetune/finetune-recipe.js';
import { namedClassification } from './finetune/named.js';
import { smallData } from './finetune/small-data.js';
import { parseBy, parseFinetuneRecipe, parsePretrainRecipe } from './parse.js';
import { type PretrainRecipe, pretrainRecipe } from './pretrain/pretrain-recipe.js';
import type { LabelledKind, RecipeKind, ScoreDescription } from './recipe-kind.js';
import { namedSegmentation, smallSegmentation } from './segmentation/named.js';
import { type SegmentationRecipe, segmentationRecipe } from './segmentation/segmentation-recipe.js';
import { withAbsoluteImages, withAbsolutePaths } from './values/absolute-paths.js';

export const pretraining: RecipeKind<PretrainRecipe> = {
  task: 'pretrain',
  command: 'pretrain',
  schema: pretrainRecipe,
  parse: parsePretrainRecipe,
  withAbsolutePaths,
  scores: [
    { name: 'linearProbe', label: 'linear probe', format: 'share' },
    { name: 'neighbours', label: 'nearest neighbours', format: 'share' },
    { name: 'rankMe', label: 'feature rank', format: 'number' },
  ],
  primaryScore: null,
};

export const classification: LabelledKind<FinetuneRecipe> = {
  task: 'classification',
  command: 'finetune',
  network: 'classifier',
  named: namedClassification,
  fallback: smallData,
  partsOf: (folder) => ({ train: join(folder, 'train'), val: join(folder, 'val') }),
  classesOf: ({ head }) => head.classes,
  withAbsolutePaths: withAbsoluteImages,
  schema: finetuneRecipe,
  parse: parseFinetuneRecipe,
  scores: [
    { name: 'topOne', label: 'top-1', format: 'share' },
    { name: 'topFive', label: 'top-5', format: 'share' },
    { name: 'perClass', label: 'mean per-class accuracy', format: 'share' },
    { name: 'loss', label: 'loss', format: 'number' },
    { name: 'images', label: 'images', format: 'count' },
  ],
  primaryScore: { name: 'topOne', isBetter: 'higher' },
};

export const segmentation: LabelledKind<SegmentationRecipe> = {
  task: 'segmentation',
  command: 'finetune',
  network: 'segmentor',
  named: namedSegmentation,
  fallback: smallSegmentation,
  // One folder holds both parts, which its layout tells.
  partsOf: (folder) => ({ train: folder, val: folder }),
  classesOf: ({ data: { classes } }) =>
    Array.isArray(classes) ? classes.map(({ name }) => name) : Object.keys(classes ?? {}),
  withAbsolutePaths: withAbsoluteImages,
  schema: segmentationRecipe,
  parse: (written) => parseBy(segmentationRecipe, written),
  scores: [
    { name: 'meanIou', label: 'mean IoU', format: 'share' },
    { name: 'pixelAccuracy', label: 'pixel accuracy', format: 'share' },
    { name: 'meanAccuracy', label: 'mean per-class accuracy', format: 'share' },
    { name: 'images', label: 'images', format: 'count' },
  ],
  primaryScore: { name: 'meanIou', isBetter: 'higher' },
};

/** Scores of boxes, or of masks. */
function objectScores(kind: 'box' | 'mask'): ScoreDescription[] {
  return objectScoreNames(kind).map(([name, label]) => ({ name, label, format: 'share' }));
}

export const detection: LabelledKind<DetectionRecipe> = {
  task: 'detection',
  command: 'finetune',
  network: 'detector',
  named: namedDetection,
  fallback: smallDetection,
  partsOf: (folder) => ({ train: folder, val: folder }),
  classesOf: ({ data: { classes } }) => classes ?? [],
  withAbsolutePaths: withAbsoluteImages,
  schema: detectionRecipe,
  parse: (written) => parseBy(detectionRecipe, written),
  scores: [...objectScores('box'), { name: 'images', label: 'images', format: 'count' }],
  primaryScore: { name: 'boxAp', isBetter: 'higher' },
};

export const instances: LabelledKind<InstancesRecipe> = {
  task: 'instances',
  command: 'finetune',
  network: 'instance segmentor',
  named: namedInstances,
  fallback: smallInstances,
  partsOf: detection.partsOf,
  classesOf: ({ data: { classes } }) => classes ?? [],
  withAbsolutePaths: withAbsoluteImages,
  schema: instancesRecipe,
  parse: (written) => parseBy(instancesRecipe, written),
  scores: [
    ...objectScores('mask'),
    ...objectScores('box'),
    { name: 'images', label: 'images', format: 'count' },
  ],
  primaryScore: { name: 'maskAp', isBetter: 'higher' },
};

/** The task of `um-mae finetune` where none is named. */
export const usualTask = classification.task;

/** Every task on labelled images. */
const labelled = { classification, segmentation, detection, instances } as const;

/** Every task, by the name that recipes give it. */
const tasks = { pretrain: pretraining, ...labelled } as const;

/** The parsers of the recipes of each task. */
export const recipeKinds: readonly RecipeKind<AnyRecipe>[] = Object.values(tasks);

/** The kinds of recipes that `um-mae finetune` runs. */
export const labelledKinds: readonly LabelledKind<AnyLabelledRecipe>[] = Object.values(labelled);

/** A recipe of any task. */
export type AnyRecipe = ReturnType<(typeof tasks)[keyof typeof tasks]['parse']>;

/** A recipe of any task on labelled images. */
export type AnyLabelledRecipe = Exclude<AnyRecipe, PretrainRecipe>;

/**
 * The kind of a recorded recipe. In earlier versions those of pre-training did not name their task.
 *
 * @throws RecipeError when the task is none of ours
 *
 * @example
 * ```ts
 * import { kindOf } from 'um-mae/runs';
 *
 * console.log(kindOf({ task: 'classification' }).primaryScore?.name);
 * ```
 */
export function kindOf(recorded: object): RecipeKind<AnyRecipe> {
  const { task = 'pretrain' } = recorded as { readonly task?: unknown };
  return ofTask(task, recipeKinds);
}

/**
 * The kind of a labelled recipe, of which no more than the task need be given.
 *
 * @throws RecipeError when the task is none that `um-mae finetune` runs
 */
export function labelledKindOf(written: object): LabelledKind<AnyLabelledRecipe> {
  const { task = usualTask } = written as { readonly task?: unknown };
  return ofTask(task, labelledKinds);
}

/** Recipes of all tasks that `um-mae finetune` runs. */
export const finetuning: Pick<RecipeKind<AnyLabelledRecipe>, 'command' | 'parse'> = {
  command: 'finetune',
  parse: (written) => labelledKindOf({ ...(written as object) }).parse(written),
};

function ofTask<Kind extends { readonly task: string }>(
  task: unknown,
  kinds: readonly Kind[],
): Kind {
  const found = kinds.find((kind) => kind.task === task);
  if (found) return found;
  const known = kinds.map((kind) => kind.task).join(', ');
  const expected = kinds.length === 1 ? known : `one of ${known}`;
  const message = `Expected ${expected} for \`task\` but got ${JSON.stringify(task)}.`;
  throw new RecipeError([{ path: 'task', message }]);
}

/**
 * Names of the classes of a recipe; none of pre-training.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { classesOf, kindOf, parseRecipe } from 'um-mae/runs';
 *
 * const path = 'runs/classes/recipe.yaml';
 * const recorded = parseRecipe(await readFile(path, 'utf8'), path);
 * const recipe = kindOf(recorded).parse(recorded);
 * console.log(classesOf(recipe).length > 1); // true
 * ```
 */
export function classesOf(recipe: AnyRecipe): readonly string[] {
  return isLabelled(recipe) ? labelledKindOf(recipe).classesOf(recipe) : [];
}

/** Whether a recipe is one of a task on labelled images. */
export function isLabelled(recipe: AnyRecipe): recipe is AnyLabelledRecipe {
  return recipe.task !== pretraining.task;
}
