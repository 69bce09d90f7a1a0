/** Describes a weights file: its names, its origin, the model that it fits. */
import { bytesPerElement, type DType } from '@um-mae/torch';
import { UmMaeError } from '../errors.js';
import { type AnyRecipe, classesOf, isLabelled, labelledKindOf } from '../recipes/kind.js';
import { parsePretrainRecipe } from '../recipes/parse.js';
import type { PretrainRecipeInput } from '../recipes/pretrain/pretrain-recipe.js';
import {
  openWeights,
  pretrainedExtent,
  type ReadingChoices,
  type Weights,
} from '../weights/open-weights.js';
import { type FileModel, type Fit, fitOf } from './fit.js';

export interface Inspection {
  readonly path: string;
  readonly format: Weights['format'];
  readonly tensors: readonly {
    readonly name: string;
    readonly dtype: DType;
    readonly shape: readonly number[];
  }[];
  /** Numbers in all tensors. */
  readonly elements: number;
  readonly bytes: number;
  /** Null for weights of another kind of network. */
  readonly model: ModelReport | null;
  /** Whether the file has an optimizer's state that can be mapped to ours. */
  readonly optimizer: boolean;
  /** Sentences about what was chosen in the file, and passed over. */
  readonly notes: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface ModelReport {
  /** The preset, or the kind where the sizes are those of none. */
  readonly name: string;
  /** Null for an encoder alone, or the network of a task. */
  readonly method: string | null;
  /** The name of a task's network whose recipe is recorded, such as `classifier`; else null. */
  readonly network: string | null;
  /** The number of its classes; null where there are none. */
  readonly classes: number | null;
  /** The options of the backbone, as far as they are known. */
  readonly backbone: Readonly<Record<string, unknown>>;
  /** Whether a recipe was recorded with the weights. */
  readonly recorded: boolean;
  /** Paths of recipe values that neither the shapes nor a recipe determine. */
  readonly open: readonly string[];
  /**
   * The fit of the weights. Null where the known values do not make up a model; `problem` says why.
   */
  readonly fit: Fit | null;
  readonly problem: string | null;
}

/**
 * @throws CheckpointError when there are no weights
 *
 * @example
 * ```ts
 * import { inspectWeights } from 'um-mae';
 *
 * const { model, elements } = inspectWeights('runs/photos');
 * console.log(model?.name, model?.method); // swin-micro um-mae
 * console.log(`${elements} numbers`);
 * ```
 */
export function inspectWeights(path: string, choices: ReadingChoices = {}): Inspection {
  using file = openWeights(path, undefined, choices);
  const tensors = [...file.tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const counts = [...file.tensors.values()].map(({ elements, dtype }) => ({
    elements,
    bytes: elements * bytesPerElement(dtype),
  }));
  return {
    path: file.path,
    format: file.format,
    tensors,
    elements: counts.reduce((sum, { elements }) => sum + elements, 0),
    bytes: counts.reduce((sum, { bytes }) => sum + bytes, 0),
    model: modelReport(file),
    optimizer: file.optimizer() !== undefined,
    notes: file.notes,
    metadata: file.metadata,
  };
}

function modelReport(file: Weights): ModelReport | null {
  const { inferred, extent, recipe } = file;
  const written = recipe ?? inferred?.recipe;
  if (!written) return null;
  const open = recipe ? [] : (inferred?.open ?? []);
  const classes = recipe ? classesOf(recipe) : [];
  const report = {
    name: inferred?.preset ?? written.backbone.kind,
    method: 'method' in written && extent === 'objective' ? (written.method ?? null) : null,
    network: recipe && isLabelled(recipe) ? labelledKindOf(recipe).network : null,
    classes: classes.length > 0 ? classes.length : null,
    backbone: withoutOpen(written.backbone, open),
    recorded: recipe !== undefined,
    open,
  };
  try {
    const fit = fitOf(file.tensors, modelOfRecipe(file, written));
    return { ...report, fit, problem: null };
  } catch (error) {
    if (!(error instanceof UmMaeError)) throw error;
    return { ...report, fit: null, problem: error.message };
  }
}

function modelOfRecipe(
  { recipe, tensors }: Weights,
  written: PretrainRecipeInput | AnyRecipe,
): FileModel {
  if (recipe && isLabelled(recipe)) return { extent: 'network', recipe };
  const recorded = parsePretrainRecipe(written);
  const extent = recorded.objective ? 'encoder' : pretrainedExtent(tensors);
  return { extent, recipe: recorded };
}

function withoutOpen(backbone: object, open: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(backbone).filter(([key]) => !open.includes(`backbone.${key}`)),
  );
}
