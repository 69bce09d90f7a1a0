/** Recipes of earlier versions, read as those of this one. */

/** Values that have moved: where an earlier version wrote each, and where it is now. */
export const movedValues: Readonly<Record<string, string>> = {
  classes: 'head.classes',
  headPooling: 'head.pooling',
  newHead: 'head.new',
  'augmentation.mixup': 'mixing.mixup',
  'augmentation.cutmix': 'mixing.cutmix',
  'augmentation.mixProbability': 'mixing.probability',
  'augmentation.cutmixShare': 'mixing.cutmixShare',
  'augmentation.labelSmoothing': 'mixing.labelSmoothing',
};

/** The recipe with every value where it is now. A recipe of today stays as it is. */
export function migrateRecipe(written: object): object {
  return Object.entries(movedValues).reduce(
    (recipe, [from, to]) => moveValue(recipe, from.split('.'), to.split('.')),
    written,
  );
}

function moveValue(recipe: object, from: readonly string[], to: readonly string[]): object {
  const value = from.reduce(valueIn, recipe as unknown);
  if (value === undefined) return recipe;
  const rest = without(recipe, from);
  // What is written in today's place has the last word.
  return to.reduce(valueIn, rest as unknown) === undefined ? withValue(rest, to, value) : rest;
}

function valueIn(group: unknown, key: string): unknown {
  return isGroup(group) && Object.hasOwn(group, key) ? group[key] : undefined;
}

function without(group: object, [key = '', ...rest]: readonly string[]): object {
  const { [key]: removed, ...others } = group as Readonly<Record<string, unknown>>;
  return rest.length > 0 && isGroup(removed) ? { ...group, [key]: without(removed, rest) } : others;
}

function withValue(group: object, [key = '', ...rest]: readonly string[], value: unknown): object {
  const inner = valueIn(group, key);
  const own = isGroup(inner) ? inner : {};
  return { ...group, [key]: rest.length > 0 ? withValue(own, rest, value) : value };
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
