/** The classes of a trained head, matched by their names with those of a task. */
import { scope, type Tensor, tensor } from '@um-mae/torch';
import { counted } from '../counted.js';
import { sameName } from '../data/labels/label-text.js';
import { CheckpointError } from '../errors.js';
import { classesOf } from '../recipes/kind.js';
import { type DenseStart, loadDense } from '../weights/initial/dense-weights.js';
import type { StartReport } from '../weights/initial/initial-weights.js';
import type { Weights } from '../weights/open-weights.js';

type Tensors = ReadonlyMap<string, Tensor>;

/**
 * The rows that each class has in a tensor, those of the first class first; rows behind them belong
 * to no class. Undefined for a tensor without any.
 */
export type ClassRows = (name: string) => number | undefined;

/** The head that a task has a place for. */
export interface WantedHead {
  /** Names of its classes, in their order. */
  readonly classes: readonly string[];
  /** Whether the one that the weights have is dropped. */
  readonly isNew: boolean;
  readonly rowsOf: ClassRows;
}

/** Weights, and the recipe that names the classes of their head, if there is one. */
export type HeadWeights = Pick<Weights, 'path' | 'tensors'> & Partial<Pick<Weights, 'recipe'>>;

/**
 * Finds the place in a trained head of every class that is wanted, by its name. The recipe beside
 * the weights may be one of another task with the same head, such as boxes of objects with outlines.
 *
 * @returns undefined where the order is the same, or where nothing names the classes of a head
 * @throws CheckpointError when the head tells other classes apart
 */
export function headOrder(
  { recipe, tensors, path }: HeadWeights,
  { classes, isNew, rowsOf }: WantedHead,
): readonly number[] | undefined {
  const head = recipe ? classesOf(recipe) : [];
  const hasHead = [...tensors.keys()].some((name) => rowsOf(name) !== undefined);
  if (isNew || !hasHead || head.length === 0) return undefined;
  if (head.length !== classes.length) throw otherCount(classes.length, head.length, path);
  const places = new Map(head.map((name, place) => [sameName(name), place]));
  const order = classes.map((name) => places.get(sameName(name)) ?? -1);
  const unknown = order.indexOf(-1);
  if (unknown < 0) return order.every((place, i) => place === i) ? undefined : order;
  const known = new Set(classes.map(sameName));
  const other = head.find((name) => !known.has(sameName(name))) ?? head[unknown];
  throw new CheckpointError(
    `Expected a head for the class \`${classes[unknown]}\` in ${path} but got one for \`${other}\`.\n${advice}`,
  );
}

/** An error for a head of another number of classes. */
export function otherCount(wanted: number, found: number, path: string): CheckpointError {
  return new CheckpointError(
    `Expected a head of ${counted(wanted, 'class', 'classes')} in ${path} but got one of ${found}.\n${advice}`,
  );
}

const advice = 'Add --new-head to replace it, or train on the classes that it knows to keep it.';

/** The same weights with the classes of the head in another order, as `headOrder` gives it. */
export function withHeadOrder(
  tensors: Tensors,
  order: readonly number[] | undefined,
  rowsOf: ClassRows,
): Tensors {
  if (!order) return tensors;
  return new Map(
    [...tensors].map(([name, rows]) => [name, inOrder(rows, order, rowsOf(name) ?? 0)]),
  );
}

/** Sentences for people on the order of classes. */
export function orderNotes(order: readonly number[] | undefined): readonly string[] {
  return order ? ['Matched the classes of the head by name.'] : [];
}

/** The order of a head's classes, and where its rows are. */
interface HeadRows {
  readonly order: readonly number[] | undefined;
  readonly rowsOf: ClassRows;
}

/**
 * Loads the first weights of a dense task, whose head tells its classes apart in another order.
 *
 * @throws CheckpointError when there is no encoder, or one of another shape
 */
export function loadInOrder(
  model: Parameters<typeof loadDense>[0],
  start: DenseStart,
  { order, rowsOf, ...rules }: Omit<Parameters<typeof loadDense>[2], 'isClassLayer'> & HeadRows,
): StartReport {
  return scope(() => {
    const tensors = withHeadOrder(start.tensors, order, rowsOf);
    const isClassLayer = (name: string) => rowsOf(name) !== undefined;
    const report = loadDense(model, { ...start, tensors }, { ...rules, isClassLayer });
    return { ...report, notes: [...report.notes, ...orderNotes(order)] };
  });
}

/** @param ofClass rows of each class */
function inOrder(rows: Tensor, order: readonly number[], ofClass: number): Tensor {
  const [count = 0] = rows.shape;
  const ends = ofClass * order.length;
  // Fits of another shape are refused where they are loaded.
  if (ofClass === 0 || count < ends) return rows;
  const ordered = order.flatMap((place) => range(ofClass * place, ofClass * (place + 1)));
  return rows.indexSelect(0, tensor([...ordered, ...range(ends, count)], { dtype: 'i64' }));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
