/** Tensors in files. */
export { replaceFile } from './replace-file.js';
export {
  readSafetensors,
  type Safetensors,
  writeSafetensors,
} from './safetensors.js';
