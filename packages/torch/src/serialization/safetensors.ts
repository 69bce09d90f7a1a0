/**
 * The safetensors format: the length of a JSON header, the header, then the bytes of all tensors.
 *
 * Source: https://huggingface.co/docs/safetensors, "Format".
 */
import { createHash } from 'node:crypto';
import { bytesPerElement, type DType, typedArrayOver } from '../addon/dtype.js';
import { SerializationError } from '../addon/errors.js';
import { scope } from '../tensor/scope.js';
import { type Tensor, tensor } from '../tensor/tensor.js';
import { readAll } from './byte-reader.js';
import { type Entry, encodeHeader, largestHeader, parseHeader } from './header.js';
import { readFile } from './read-file.js';
import { replaceFile } from './replace-file.js';

/** The contents of a safetensors file. */
export interface Safetensors {
  readonly tensors: Map<string, Tensor>;
  /** The element types of tensors that were passed over, by name: types that we do not have. */
  readonly foreign: ReadonlyMap<string, string>;
  /** Free text of whoever wrote the file. */
  readonly metadata: Record<string, string>;
}

/**
 * Reads a whole file.
 *
 * @throws SerializationError when the file cannot be read or is damaged, before any tensor is made
 */
export function readSafetensors(path: string): Safetensors {
  return readFile(path, (file, size) => readOpen(file, size, path));
}

function readOpen(file: number, size: number, path: string): Safetensors {
  const length = Number(readLength(file, path, size));
  const header = new Uint8Array(length);
  readAll(file, header, 8);
  const dataStart = 8 + length;
  const { entries, metadata } = parseHeader(header, size - dataStart, path);
  return scope(() => {
    const tensors = new Map<string, Tensor>();
    const foreign = new Map<string, string>();
    for (const entry of entries) {
      const { name, dtype, type } = entry;
      if (dtype) tensors.set(name, readTensor(file, { ...entry, dtype }, dataStart));
      else foreign.set(name, type);
    }
    return { tensors, foreign, metadata };
  });
}

function readLength(file: number, path: string, size: number): bigint {
  const bytes = new Uint8Array(8);
  if (size >= 8) readAll(file, bytes, 0);
  const length = new DataView(bytes.buffer).getBigUint64(0, true);
  if (size >= 8 && length <= BigInt(largestHeader) && length <= BigInt(size - 8)) return length;
  const found = size < 8 ? `${size} bytes` : `a header of ${length} bytes in a file of ${size}`;
  throw new SerializationError(`Expected a safetensors file in ${path} but got ${found}.`);
}

function readTensor(
  file: number,
  entry: Entry & { readonly dtype: DType },
  dataStart: number,
): Tensor {
  const { dtype, shape, begin, end } = entry;
  const bytes = new Uint8Array(end - begin);
  readAll(file, bytes, dataStart + begin);
  return tensor(typedArrayOver(bytes.buffer, dtype), { dtype, shape });
}

/**
 * Writes tensors by name, atomically: a failure leaves the file that was there.
 *
 * @returns the SHA-256 of the file, in hexadecimal digits
 * @throws SerializationError naming the path and the reason
 *
 * @example
 * ```ts
 * import { ones } from '@um-mae/torch';
 * import { Linear } from '@um-mae/torch/nn';
 * import { readSafetensors, readTorchFile, stateDict } from '@um-mae/torch/serialization';
 * import { writeSafetensors, writeTorchFile } from '@um-mae/torch/serialization';
 *
 * const model = new Linear(4, 2);
 * writeSafetensors('model.safetensors', model.state(), { metadata: { step: '10' } });
 * model.loadState(readSafetensors('model.safetensors').tensors);
 *
 * writeTorchFile('model.pth', { weight: ones([2, 4]) }); // torch.load reads it
 * const weights = stateDict(readTorchFile('model.pth'));
 * console.log(weights?.get('weight')?.shape.join(' ')); // 2 4
 * ```
 */
export function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  options: { metadata?: Readonly<Record<string, string>> } = {},
): string {
  // Wide elements first: every tensor is aligned, for readers that map the file into memory.
  const inFile = [...tensors].sort(
    ([, a], [, b]) => bytesPerElement(b.dtype) - bytesPerElement(a.dtype),
  );
  const header = encodeHeader(inFile, options.metadata);
  const hash = createHash('sha256');
  replaceFile(path, (append) => {
    const add = (bytes: Uint8Array) => {
      hash.update(bytes);
      append(bytes);
    };
    add(header);
    for (const [, value] of inFile) add(new Uint8Array(value.toArray().buffer));
  });
  return hash.digest('hex');
}
