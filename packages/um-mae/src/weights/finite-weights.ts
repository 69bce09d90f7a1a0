/** Weights that are not numbers would make features that are none, without a word. */
import { scope, type Tensor } from '@um-mae/torch';
import { CheckpointError } from '../errors.js';
import { listNames } from './unused-weights.js';

/** @throws CheckpointError naming the weights with NaN or an infinite number in them */
export function checkFinite(tensors: ReadonlyMap<string, Tensor>, path: string): void {
  const broken = [...tensors].filter(([, tensor]) => !hasOnlyNumbers(tensor)).map(([name]) => name);
  if (broken.length === 0) return;
  throw new CheckpointError(
    `Expected finite weights in ${path} but got NaN or infinite numbers in ${broken.length} of ${tensors.size}: ${listNames(broken)}.`,
  );
}

function hasOnlyNumbers(tensor: Tensor): boolean {
  if (!/^b?f\d/.test(tensor.dtype) || tensor.elements === 0) return true;
  return scope(() => tensor.isfinite().all().item() === true);
}
