/** Single values of a recipe that are set from outside: `--set optimizer.weightDecay=0.1`. */
import { RecipeError } from '../../errors.js';
import { parseYaml } from '../../files/yaml-text.js';
import { durationUnits } from '../schedule/duration.js';

/** A value for one place of a recipe. */
export interface Assignment {
  /** Dotted path. */
  readonly path: string;
  readonly value: unknown;
}

/**
 * Reads `path=value`; the value is YAML, so numbers, lists and groups are what they look like.
 *
 * @throws RecipeError when there is no `=`, no path, or no valid value
 */
export function parseAssignment(text: string): Assignment {
  const [, path, value] = /^([^=\s]+)=(.*)$/s.exec(text) ?? [];
  if (path === undefined || value === undefined) {
    throw refuse(text, `Expected path=value for --set but got \`${text}\`.`);
  }
  const parsed = parseYamlValue(value, path);
  if (!isGlued(parsed)) return { path, value: parsed };
  throw refuse(path, `Expected a space after each colon for \`${path}\` but got \`${value}\`.`);
}

/** Whether a value is set: it, a part of it, or a group that it is in. */
export function isAssigned(assignments: readonly Assignment[], path: string): boolean {
  return assignments.some(
    (each) =>
      each.path === path || each.path.startsWith(`${path}.`) || path.startsWith(`${each.path}.`),
  );
}

/** Reads a value of YAML for a place of a recipe. @throws RecipeError when it is none */
export function parseYamlValue(text: string, path: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw refuse(path, `Expected a YAML value for \`${path}\` but got \`${text}\`.`);
  }
}

/** Whether YAML has read `{height:64}`, whose only key is `height:64`. */
function isGlued(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, item]) => item === null && /^\w+:\S/.test(key));
}

/** The keys that kinds of a group share, in the same meaning. */
interface SharedKeys {
  /** Undefined where all kinds share them. */
  readonly kinds?: readonly unknown[];
  readonly keys: readonly string[];
}

const sharedByKinds: Readonly<Record<string, SharedKeys>> = {
  decoder: { keys: ['channels', 'depth', 'heads'] },
  head: {
    kinds: ['mask-rcnn', 'cascade', 'htc'],
    keys: [
      ...['channels', 'norm', 'anchorScale', 'anchors', 'regions', 'proposals'],
      ...['boxChannels', 'maskDepth', 'new'],
    ],
  },
};

/** Keys of groups that have exactly one of them. */
const exclusiveKeys: readonly string[] = [...durationUnits, 'base', 'peak'];

/**
 * Sets values in a recipe, without checking the result. Kinds are set first: another kind of a
 * group has other values, so it starts from its own defaults, except where all kinds share a value.
 */
export function assign(recipe: object, assignments: readonly Assignment[]): object {
  const isKind = ({ path }: Assignment) => /(^|\.)kind$/.test(path);
  const ordered = [
    ...assignments.filter(isKind),
    ...assignments.filter((assignment) => !isKind(assignment)),
  ];
  return ordered.reduce(
    (changed, { path, value }) => assignAt(changed, path.split('.'), value),
    recipe,
  );
}

/** Whether a group holds nothing but one way to state its value. */
function isExclusive(group: object): boolean {
  return Object.keys(group).every((key) => exclusiveKeys.includes(key));
}

function assignAt(group: object, [key = '', ...rest]: readonly string[], value: unknown): object {
  // One way to state a length or a learning rate excludes the others: `duration.steps=100` replaces
  // `{ epochs: 200 }`.
  if (rest.length === 0 && exclusiveKeys.includes(key) && isExclusive(group))
    return { [key]: value };
  if (rest.length === 0) return { ...group, [key]: value };
  const current: unknown = Object.hasOwn(group, key) ? Reflect.get(group, key) : undefined;
  const inner = typeof current === 'object' && current !== null ? current : {};
  const [next] = rest;
  const isOtherKind = rest.length === 1 && next === 'kind' && Reflect.get(inner, next) !== value;
  const base = isOtherKind ? sharedPart(inner, value, sharedByKinds[key]) : inner;
  return { ...group, [key]: assignAt(base, rest, value) };
}

/** The values of a group that it keeps with another kind. */
function sharedPart(group: object, kind: unknown, { kinds, keys }: SharedKeys = { keys: [] }) {
  const isShared = [kind, Reflect.get(group, 'kind')].every((one) => kinds?.includes(one) ?? true);
  if (!isShared) return {};
  return Object.fromEntries(Object.entries(group).filter(([key]) => keys.includes(key)));
}

function refuse(path: string, message: string): RecipeError {
  return new RecipeError([{ path, message }]);
}
