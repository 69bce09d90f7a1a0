/**
 * Tensors in files.
 *
 * @module @um-mae/torch/serialization
 */
export { encodeHeader } from './header.js';
export type { Picklable } from './pickle/pickle.js';
export {
  ForeignTensor,
  ForeignValue,
  Namespace,
  type PickleKey,
  PickleMap,
  type PickleTree,
} from './pickle/tree.js';
export { replaceFile } from './replace-file.js';
export {
  readSafetensors,
  type Safetensors,
  writeSafetensors,
} from './safetensors.js';
export { readTorchFile, stateDict, writeTorchFile } from './torch-file.js';
