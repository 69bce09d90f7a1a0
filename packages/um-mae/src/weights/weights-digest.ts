/** Weights told apart by their contents, whatever file they are in. */
import { createHash } from 'node:crypto';
import type { Tensor } from '@um-mae/torch';

/**
 * SHA-256 of tensors and their names, in hexadecimal digits; their order does not matter.
 *
 * @param beside a text that belongs to them. Default: none
 */
export function weightsDigest(tensors: ReadonlyMap<string, Tensor>, beside = ''): string {
  const digest = createHash('sha256').update(beside);
  for (const [name, tensor] of sortedByName([...tensors])) {
    digest.update(`${name} ${tensor.dtype} ${tensor.shape}\0`);
    const { buffer, byteOffset, byteLength } = tensor.toArray();
    digest.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return digest.digest('hex');
}

/** Sorts entries in place. */
export function sortedByName<Value>(entries: [string, Value][]): [string, Value][] {
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}
