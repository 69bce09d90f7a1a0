/**
 * `@um-mae/torch/files`: what of files needs no tensors, and so loads no libtorch.
 *
 * @module @um-mae/torch/files
 */
export { type Entry, encodeHeader, type Header, parseHeader } from '../serialization/header.js';
export { type JsonLimits, parseJson } from '../serialization/json.js';
export { replaceFile, systemReason } from '../serialization/replace-file.js';
export { listenToUnfinished, setUnfinished, type Unfinished } from '../serialization/unfinished.js';
