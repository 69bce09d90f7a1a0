/** Finds the weights in a checkpoint of PyTorch: programs put them under all kinds of names. */
import { Tensor } from '@um-mae/torch';
import {
  ForeignTensor,
  ForeignValue,
  PickleMap,
  type PickleTree,
} from '@um-mae/torch/serialization';
import { CheckpointError } from '../errors.js';
import { pickledModule } from './pickled-module.js';
import type { UnreadTensors } from './unread-tensors.js';
import { isEncoderMark } from './wrappers.js';

/** Tensors by name, somewhere in a checkpoint. */
export interface StateEntry {
  /** The keys on the way to it, joined by dots; empty for the checkpoint itself. */
  readonly path: string;
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Names among the tensors of what is none. */
  readonly passedOver: readonly string[];
  /** Tensors among them of kinds that are not read. */
  readonly unread: UnreadTensors;
  /** Options that a model which was saved as an object tells of itself. */
  readonly said: object;
}

/**
 * The entry that was taken, and the part of its names that was asked for, where it is no whole
 * entry.
 */
export interface ChosenEntry extends StateEntry {
  readonly part: string | undefined;
  /** Paths of the others that hold an encoder, too. */
  readonly others: readonly string[];
}

/** The paths of the weights in most checkpoints; the first that is there is taken. */
const usualPaths: readonly string[] = [
  ...['', 'model', 'state_dict', 'model_state_dict', 'module', 'net', 'network', 'weights'],
];

/** Levels of dicts that are looked through. */
const deepest = 4;

/**
 * Takes the entry that is asked for, else the one under a usual name, else the only one with an
 * encoder.
 *
 * @param entry keys joined by dots, which may go on into the names of the weights
 * @throws CheckpointError listing the entries when there is none, or several of equal right
 */
export function chooseEntry(
  content: PickleTree,
  entry: string | undefined,
  path: string,
): ChosenEntry {
  const entries = [...entriesIn(content, '', deepest)];
  if (entry !== undefined) return namedEntry(entries, entry, path);
  const encoders = entries.filter(({ tensors, unread }) =>
    [...tensors.keys(), ...unread.keys()].some(isEncoderMark),
  );
  const candidates = encoders.length > 0 ? encoders : entries;
  const usual = usualPaths.flatMap((name) => candidates.filter((each) => each.path === name));
  const [chosen = candidates.length === 1 ? candidates[0] : undefined] = usual;
  if (chosen) {
    const others = encoders.filter((each) => each !== chosen).map((each) => each.path);
    return { ...chosen, part: undefined, others };
  }
  throw new CheckpointError(
    candidates.length === 0
      ? `Expected weights in ${path}, by themselves or under a name, but got ${describe(content)}.`
      : `Expected one set of weights in ${path} but got ${listOf(candidates)}.\nChoose one by --entry.`,
  );
}

function namedEntry(entries: readonly StateEntry[], name: string, path: string): ChosenEntry {
  const below = (each: StateEntry) => (each.path === '' ? '' : `${each.path}.`);
  const whole = entries.find((each) => each.path === name && name !== '');
  if (whole) return { ...whole, part: undefined, others: [] };
  const inside = entries.filter((each) => each.path.startsWith(`${name}.`));
  const [only, second] = inside;
  if (only && !second) return { ...only, part: undefined, others: [] };
  for (const each of entries) {
    const part = name.startsWith(below(each)) ? name.slice(below(each).length) : undefined;
    if (part && [...each.tensors.keys()].some((key) => key.startsWith(`${part}.`))) {
      return { ...each, part, others: [] };
    }
  }
  throw new CheckpointError(
    `Expected weights under \`${name}\` in ${path} but got ${listOf(inside.length > 0 ? inside : entries)}.`,
  );
}

function listOf(entries: readonly StateEntry[]): string {
  const names = entries.map(({ path }) => (path === '' ? 'weights without a name' : path));
  return names.length === 0 ? 'none' : names.slice(0, 8).join(', ');
}

function describe(content: PickleTree): string {
  if (content instanceof ForeignTensor) return content.kind;
  if (content instanceof ForeignValue && content.size === 0) return `\`${content.name}\``;
  if (Array.isArray(content)) return 'a list of values without names';
  if (!(content instanceof PickleMap) || content.size === 0) return 'none';
  return [...content.keys()].slice(0, 8).join(', ');
}

/** All dicts with tensors in them, and whole models, the outermost first; of lists by places. */
function* entriesIn(value: PickleTree, path: string, levels: number): Generator<StateEntry> {
  const tree = Array.isArray(value) ? byPlaces(value) : value;
  if (!(tree instanceof PickleMap) || levels === 0 || isOfTraining(path)) return;
  const module = pickledModule(tree);
  if (module) {
    yield { path, ...module };
    return;
  }
  const names = [...tree.keys()].filter((key) => typeof key === 'string');
  const tensors = new Map<string, Tensor>();
  const unread = new Map<string, string>();
  for (const name of names) {
    const item = tree.get(name);
    if (item instanceof Tensor) tensors.set(name, item);
    if (item instanceof ForeignTensor) unread.set(name, item.kind);
  }
  // Tensors in a list have no names.
  if (tensors.size + unread.size > 0 && !Array.isArray(value)) {
    const passedOver = names.filter((name) => !tensors.has(name));
    yield { path, tensors, passedOver, unread, said: {} };
  }
  for (const name of names) {
    yield* entriesIn(tree.get(name) ?? null, path === '' ? name : `${path}.${name}`, levels - 1);
  }
}

/** A list as a dict, as `(state, info)` is saved. */
export function byPlaces(values: readonly PickleTree[]): PickleMap {
  return new PickleMap(values.map((value, place) => [String(place), value]));
}

/** Moments of optimizers have the shapes of weights, and are none. */
function isOfTraining(path: string): boolean {
  return /optim|sched|scaler|callback|loops|rng|_metadata/i.test(path);
}
