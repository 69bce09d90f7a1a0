/** Tensors of a file that are of kinds which are not read: sparse ones, or those of int8. */
import { CheckpointError } from '../errors.js';
import { listNames } from './initial/unused-weights.js';

/** The kinds of such tensors in words, by the names of the tensors. */
export type UnreadTensors = ReadonlyMap<string, string>;

/** Names that encoders have, whatever stands before them. */
const ofEncoder =
  /(^|\.)(blocks|layers?|patch_embed|patch_embeddings|pos_embed|position_embeddings|cls_token|register_tokens)(\.|$)/;

/**
 * A weight that is passed over would be missing further on, where nobody knows why.
 *
 * @param part the beginning of the names that are asked for
 * @throws CheckpointError naming weights of an encoder among them
 */
export function refuseUnread(unread: UnreadTensors, part: string | undefined, path: string): void {
  const asked = [...unread].filter(([name]) => part === undefined || name.startsWith(`${part}.`));
  const needed = asked.filter(([name]) => ofEncoder.test(name) && !/decoder/.test(name));
  const [first] = needed;
  if (!first) return;
  const names = listNames(needed.map(([name]) => name));
  throw new CheckpointError(
    `Expected weights of floats in ${path} but got ${first[1]} for ${needed.length} of them: ${names}.\nSave them as dense tensors of float32, before they are quantized or taken apart.`,
  );
}
