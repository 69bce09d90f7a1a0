/** A pre-training objective that another program brings, with all that recipes record of it. */
import type { ObjectiveParts } from '../../objectives/masked-objective.js';
import type { Objective } from '../../objectives/objective.js';
import type { PretrainRecipe } from '../../recipes/pretrain/pretrain-recipe.js';

/** An objective of another program: `pretrain` takes it in place of a method. */
export interface OwnObjective {
  /** The name that the recipe records: a run goes on with the objective of this name alone. */
  readonly name: string;
  /** Values that decide its loss, for the record. Default: none. */
  readonly values?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Builds the objective that a recipe describes. `buildBackbone(recipe.backbone, recipe.image,
   * parts)` builds its encoder; all weights are drawn from `parts.generator`.
   */
  build(recipe: PretrainRecipe, parts: ObjectiveParts): Objective;
}

/** Returns what the recipe records of an objective. */
export function recordOf({ name, values = {} }: OwnObjective): PretrainRecipe['objective'] {
  return { name, values: { ...values } };
}
