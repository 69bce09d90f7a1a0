/**
 * Determines the model of weights: recorded beside them, inferred from their shapes, or named by
 * the user.
 */
import { CheckpointError } from '../errors.js';
import { composeRecipe } from '../recipes/compose.js';
import { isLabelled, labelledKindOf } from '../recipes/kind.js';
import { type Assignment, assign } from '../recipes/values/assignments.js';
import { checkParts } from '../weights/foreign/foreign-parts.js';
import type { InferredModel } from '../weights/infer-model.js';
import { pretrainedExtent, type Weights } from '../weights/open-weights.js';
import type { FileModel } from './fit.js';

/** The model of some weights, as a user names it. */
export interface ModelRequest {
  /** A named recipe, or a YAML file. */
  readonly recipe?: string | undefined;
  /** Values of the recipe that differ from it. Default: none. */
  readonly assignments?: readonly Assignment[] | undefined;
}

/**
 * @returns undefined for weights of another kind of network, if no model is named
 * @throws CheckpointError naming the values that neither the weights nor the user give
 */
export async function requestedModel(
  weights: Weights,
  { recipe, assignments = [] }: ModelRequest,
): Promise<FileModel | undefined> {
  const { path, recipe: recorded } = weights;
  if (recorded && isLabelled(recorded) && recipe === undefined) {
    const { parse } = labelledKindOf(recorded);
    return { extent: 'network', recipe: parse(assign(recorded, assignments)) };
  }
  const extent = pretrainedExtent(weights.tensors);
  const inferred = recorded ? undefined : weights.inferred;
  const fallback = recorded ?? inferred?.recipe;
  if (!fallback && recipe === undefined) {
    if (assignments.length === 0) return undefined;
    throw new CheckpointError(
      `Expected weights of a Swin, PVT or ViT in ${path} but got others.\nName their model by --recipe.`,
    );
  }
  if (inferred) checkParts(weights.tensors, path);
  if (inferred && recipe === undefined) refuseOpen(path, inferred, assignments);
  const all = [...decoderOf(inferred), ...assignments];
  return {
    extent,
    recipe: await composeRecipe({ recipe, fallback: fallback ?? {}, assignments: all }),
  };
}

/**
 * The decoder as inferred from the weights. It overrides a named recipe, which describes future
 * training only.
 */
function decoderOf(inferred: InferredModel | undefined): readonly Assignment[] {
  const decoder = inferred?.recipe.decoder;
  if (decoder?.kind === undefined) return [];
  const kind = { path: 'decoder.kind', value: decoder.kind };
  if (decoder.kind === 'cross') return [kind];
  return [kind, { path: 'decoder.positions', value: decoder.positions }];
}

/** Refuses to guess values that weights leave no trace of: a wrong guess would go unnoticed. */
function refuseOpen(
  path: string,
  { open, recipe }: InferredModel,
  assignments: readonly Assignment[],
): void {
  const left = open.filter((key) => !assignments.some((given) => given.path === key));
  if (left.length === 0) return;
  throw new CheckpointError(
    `Expected weights of a known model in ${path} but got a ${recipe.backbone.kind} of other sizes, which do not determine ${left.join(', ')}.\n` +
      'Give each by --set path=value, or all by --recipe.',
  );
}
