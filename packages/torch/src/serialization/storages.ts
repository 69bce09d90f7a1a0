/** Storages of a PyTorch file, and the tensors that lie in them. */
import { bytesPerElement, type DType, typedArrayOver } from '../addon/dtype.js';
import { callOperator } from '../tensor/operator.js';
import { type Tensor, tensor } from '../tensor/tensor.js';
import { readAll } from './byte-reader.js';
import {
  largestExpansion,
  type StorageReference,
  type StoredTensor,
  smallFile,
} from './pickle/stored-tensor.js';
import type { PickleContents } from './pickle/unpickle.js';
import type { Refuse } from './refusal.js';

export interface OpenFile {
  readonly file: number;
  readonly size: number;
  readonly refuse: Refuse;
}

/** The parts of a PyTorch file in either of its forms. */
export interface Parts extends PickleContents {
  /** Byte position of a storage; has checked that as many bytes as it should have are there. */
  readonly locate: (storage: StorageReference) => number;
}

/**
 * Returns a function that makes tensors as views: each storage is read once, however many tensors
 * share it.
 */
export function tensorMaker({ file, size, refuse }: OpenFile, locate: Parts['locate']) {
  const read = new Map<string, Tensor>();
  let bytes = 0;

  const elementsOf = (storage: StorageReference, dtype: DType): Tensor => {
    // Before anything is allocated: a file may claim any size.
    const position = locate(storage);
    const width = bytesPerElement(dtype);
    const data = new Uint8Array(Math.floor(storage.bytes / width) * width);
    readAll(file, data, position);
    const elements = tensor(typedArrayOver(data.buffer, dtype), { dtype });
    read.set(`${storage.key} ${dtype}`, elements);
    return elements;
  };

  return (stored: StoredTensor): Tensor => {
    bytes += stored.bytes;
    const most = largestExpansion * size + smallFile;
    if (bytes > most) refuse(`tensors of at most ${most} bytes`, 'more');
    const { dtype, storage } = stored;
    const elements = read.get(`${storage.key} ${dtype}`) ?? elementsOf(storage, dtype);
    const { shape, strides, offset } = stored.layout;
    return callOperator('aten::as_strided', elements, shape, strides, offset) as Tensor;
  };
}
