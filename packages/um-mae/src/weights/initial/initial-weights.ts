/** The weights that a run begins with, and the report on what became of them. */
import { existsSync, realpathSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { CheckpointError } from '../../errors.js';
import { openWeights, type Weights } from '../open-weights.js';

/** The report on which of the initial weights were used, by names of tensors. */
export interface StartReport {
  /** Names of the network that the weights do not have. They are initialised. */
  readonly missing: readonly string[];
  /** Names of the weights that the network has no use for. */
  readonly leftOut: readonly string[];
  /** Tables of positions that were resized. */
  readonly resized: readonly string[];
  /** Sentences about what was chosen in the file of weights, and passed over. */
  readonly notes: readonly string[];
}

/** The values of a recipe that name initial weights. */
interface NamedWeights {
  readonly from: string | null;
  readonly entry: string | null;
}

interface InitialWeightsOptions {
  /** The directory of the run that begins. */
  readonly directory: string;
  /** The weights, if they are open already. Default: none. */
  readonly weights?: Weights | undefined;
  /** Whether they are compared with their checksum, if they have one; default true. */
  readonly verify?: boolean | undefined;
}

/**
 * Opens the initial weights of a recipe; the caller disposes of them.
 *
 * @returns undefined where the run begins from scratch
 * @throws CheckpointError when there are no such weights, or the run would write over them
 */
export function initialWeights(
  { from, entry }: NamedWeights,
  { directory, weights, verify }: InitialWeightsOptions,
): Weights | undefined {
  if (from === null) return undefined;
  if (isInside(from, directory)) {
    throw new CheckpointError(
      `Expected initial weights outside of the run directory ${directory} but got ${from}.\nChoose another --out.`,
    );
  }
  return weights ?? openWeights(from, undefined, { entry: entry ?? undefined, verify });
}

/** Whether a recipe names these weights as its initial ones. */
export function isOrigin(
  recipe: NamedWeights,
  { from, entry = null }: { readonly from: string; readonly entry?: string | null | undefined },
): boolean {
  return recipe.from !== null && resolve(from) === resolve(recipe.from) && entry === recipe.entry;
}

function isInside(path: string, folder: string): boolean {
  const [inner, outer] = [path, folder].map((each) =>
    existsSync(each) ? realpathSync(each) : resolve(each),
  );
  return `${inner}${sep}`.startsWith(`${outer}${sep}`);
}
