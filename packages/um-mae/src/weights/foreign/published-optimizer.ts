/**
 * The optimizer state of published checkpoints under the names of ours.
 *
 * It is by number: parameters without weight decay first, then the others, each in the order of the
 * model's state without its fixed position tables, as timm groups them.
 */
import { Tensor, tensor } from '@um-mae/torch';
import { PickleMap, type PickleTree } from '@um-mae/torch/serialization';

type Tensors = ReadonlyMap<string, Tensor>;

const fixed: readonly string[] = ['pos_embed', 'decoder_pos_embed'];

/**
 * @param model the weights, in the order of the file
 * @returns what `AdamW.loadState` takes, or nothing when this is the state of other groups of
 *   parameters
 */
export function publishedOptimizer(
  optimizer: PickleTree | undefined,
  model: Tensors,
): Map<string, Tensor> | undefined {
  if (!(optimizer instanceof PickleMap)) return undefined;
  const moments = optimizer.get('state');
  const trained = [...model].filter(([name]) => !fixed.includes(name));
  const free = trained.filter(isFree);
  const groups = [free, trained.filter((entry) => !isFree(entry))];
  if (!(moments instanceof PickleMap) || !sameSizes(optimizer.get('param_groups'), groups)) {
    return undefined;
  }
  const state = new Map<string, Tensor>();
  for (const [index, [name, { shape }]] of groups.flat().entries()) {
    const found = moments.get(index);
    if (found === undefined) continue; // A parameter that has had no gradient.
    const entry = readMoments(found, shape);
    if (!entry) return undefined;
    state.set(`step.${name}`, tensor(entry.steps, { dtype: 'i64' }));
    state.set(`exp_avg.${name}`, entry.average);
    state.set(`exp_avg_sq.${name}`, entry.squareAverage);
  }
  return state.size === 0 ? undefined : state;
}

/** Whether a parameter has no weight decay. */
function isFree([name, { shape }]: readonly [string, Tensor]): boolean {
  return shape.length === 1 || name.endsWith('.bias');
}

function sameSizes(
  found: PickleTree | undefined,
  groups: readonly (readonly unknown[])[],
): boolean {
  if (!Array.isArray(found) || found.length !== groups.length) return false;
  return found.every((group: PickleTree, i) => {
    const parameters = group instanceof PickleMap ? group.get('params') : undefined;
    return Array.isArray(parameters) && parameters.length === groups[i]?.length;
  });
}

function readMoments(found: PickleTree, shape: readonly number[]) {
  if (!(found instanceof PickleMap)) return undefined;
  const step = found.get('step');
  // A number before PyTorch 1.12, a tensor since.
  const steps = step instanceof Tensor && step.elements === 1 ? step.number() : step;
  const average = found.get('exp_avg');
  const squareAverage = found.get('exp_avg_sq');
  const fits = (value: PickleTree | undefined): value is Tensor =>
    value instanceof Tensor && value.shape.join() === shape.join();
  if (typeof steps !== 'number' || !fits(average) || !fits(squareAverage)) return undefined;
  return { steps, average, squareAverage };
}
