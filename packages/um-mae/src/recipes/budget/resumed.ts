/** The recipe of a run with a budget when it goes on by the command that began it. */
import { modelRecipe } from '../pretrain/named.js';

/** The values that a command names again. */
export interface NamedAgain {
  /** The recipe of the run. */
  readonly recorded: object;
  /** A recipe as it is written; empty where none is named. */
  readonly written: object;
  readonly model?: string | undefined;
  readonly method?: string | undefined;
}

/**
 * The recipe of the run, with the values that the command names: those that were chosen stay. Only
 * the length of a recipe that is named says nothing, as when the run began.
 */
export function resumedRecipe({ recorded, written, model, method }: NamedAgain): object {
  const { duration: _, budget: __, revisions: ___, ...named } = { ...emptyLength, ...written };
  return {
    ...recorded,
    ...named,
    ...(model !== undefined && { backbone: networkOf(model, recorded) }),
    ...(method !== undefined && { method }),
  };
}

const emptyLength = { duration: undefined, budget: undefined, revisions: undefined };

/** The network of a model, with the patches of the run, which may have been chosen. */
function networkOf(model: string, recorded: object): object {
  const { backbone } = modelRecipe(model);
  const used: unknown = Reflect.get(recorded, 'backbone');
  const isNetwork = typeof used === 'object' && used !== null && 'patch' in used;
  return isNetwork ? { ...backbone, patch: used.patch } : backbone;
}
