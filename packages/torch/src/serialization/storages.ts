/** Storages of a PyTorch file, and the tensors that lie in them. */
import { crc32 } from 'node:zlib';
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
import { compareChecksum } from './zip/zip-checksum.js';

export interface OpenFile {
  readonly file: number;
  readonly size: number;
  readonly refuse: Refuse;
}

/** The bytes of a storage in the file. */
export interface StoragePlace {
  readonly position: number;
  /** Their CRC-32, where the file has one. */
  readonly checksum: number | undefined;
}

/** The parts of a PyTorch file in either of its forms. */
export interface Parts extends PickleContents {
  /** Finds a storage; has checked that as many bytes as it should have are there. */
  readonly locate: (storage: StorageReference) => StoragePlace;
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
    const { position, checksum } = locate(storage);
    const data = new Uint8Array(storage.bytes);
    readAll(file, data, position);
    if (checksum !== undefined) compareChecksum(crc32(data), checksum, storage.name, refuse);
    const rest = data.length % bytesPerElement(dtype);
    const whole = rest === 0 ? data : data.slice(0, -rest);
    const elements = tensor(typedArrayOver(whole.buffer, dtype), { dtype });
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
