/** The recipes of pre-training that a budget of time decides between, around what the user has set. */

import { composeRecipe, type RecipeRequest, writtenRecipe } from '../compose.js';
import type { PretrainRecipe } from '../pretrain/pretrain-recipe.js';
import { type Assignment, isAssigned } from '../values/assignments.js';
import { batchValue } from './batch-value.js';
import type { Candidate, Candidates, ChosenValue } from './choose.js';
import { type PretrainRule, pretrainRules, secondaryRules, warmupRule } from './rules.js';

/** The facts about images that decide which recipes suit them. */
export interface ImageFacts {
  readonly images: number;
  /** The median of their shorter sides, in pixels. */
  readonly side: number;
}

/** A value that the user has not set is chosen; whatever the user has set is kept. */
export async function pretrainCandidates(
  request: RecipeRequest,
  facts: ImageFacts,
): Promise<Candidates<PretrainRecipe>> {
  const written = await writtenRecipe(request);
  const isSet = (path: string) => isWritten(written, path) || isAssigned(request.assignments, path);
  const warmup = {
    path: 'warmup',
    value: { share: warmupRule.share },
    because: warmupRule.because,
  };
  const values = [batchValue(facts.images), warmup].filter(({ path }) => !isSet(path));
  const hasNetwork =
    isWritten(written, 'backbone') ||
    request.assignments.some(({ path }) => path === 'backbone' || path === 'backbone.kind');
  const found: Candidate<PretrainRecipe>[] = [];
  for (const rule of rulesFor(request.model, hasNetwork)) {
    const own = Object.entries(rule.values).map(([path, value]) => ({ path, value }));
    const assignments: Assignment[] = [
      ...[...own, ...values].filter(({ path }) => !isSet(path)),
      ...request.assignments,
    ];
    const model = request.model ?? (hasNetwork ? undefined : rule.model);
    const recipe = await composeRecipe({ ...request, model, assignments });
    const { height, width } = recipe.image;
    const side = isSet('image') ? Math.min(height, width) : facts.side;
    const unfit =
      side < rule.leastSide
        ? `for images of ${rule.leastSide} px or more; these have ${side}`
        : undefined;
    const name = nameOf(rule, recipe);
    if (found.some((other) => other.name === name && !other.unfit)) continue;
    const { leastEpochs, because } = rule;
    found.push({ name, recipe, leastEpochs, leastSteps: 1, because, unfit });
  }
  return { candidates: found, values };
}

/** Whether a recipe gives the group that a value is in. */
function isWritten(written: object, path: string): boolean {
  return path.split('.', 1).some((key) => Reflect.get(written, key) !== undefined);
}

/** A model that was named, or that a recipe holds, is the only one. */
function rulesFor(model: string | undefined, hasNetwork: boolean): readonly PretrainRule[] {
  const asAsked = { values: {}, leastSide: 0, leastEpochs: 1, because: 'as it was asked for' };
  if (model === undefined) {
    return hasNetwork ? [{ ...asAsked, model: 'the given network' }] : pretrainRules;
  }
  const own = pretrainRules.filter((rule) => rule.model === model);
  return own.length > 0 ? own : [{ ...asAsked, model }];
}

function nameOf({ model }: PretrainRule, { image, backbone }: PretrainRecipe): string {
  const { height, width } = image;
  const size = height === width ? `${height}` : `${height}x${width}`;
  const patch = 'patch' in backbone ? `, patches of ${backbone.patch}` : '';
  return `${model}, ${size} px${patch}`;
}

/** The share of units to hide in a run of so many epochs, unless the user has set it. */
export async function secondaryValue(
  request: Pick<RecipeRequest, 'recipe' | 'model' | 'ofWeights' | 'assignments'>,
  { masking, method }: PretrainRecipe,
  epochs: number,
): Promise<ChosenValue[]> {
  const path = 'masking.secondaryRatio';
  const isGiven = isWritten(await writtenRecipe(request), path);
  const isSet = isGiven || isAssigned(request.assignments, path);
  if (isSet || method !== 'um-mae' || masking.kind !== 'uniform') return [];
  const rule = secondaryRules.find(({ leastEpochs }) => epochs >= leastEpochs);
  return rule ? [{ path, value: rule.secondaryRatio, because: rule.because }] : [];
}
