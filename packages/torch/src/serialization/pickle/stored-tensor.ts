/** Tensors as a pickle describes them: a view of a storage that lies elsewhere in the file. */
import { bytesPerElement, type DType } from '../../addon/dtype.js';
import type { Refuse } from '../refusal.js';

/** The class of a storage; it tells the element type. */
export class StorageType {
  constructor(
    readonly name: string,
    readonly dtype: DType | undefined,
    /** Bytes of an element. */
    readonly width: number,
  ) {}
}

/** A block of elements, by the key that the file gives it. */
export class StorageReference {
  constructor(
    readonly key: string,
    readonly type: StorageType,
    readonly elements: number,
  ) {}

  /** Raw bytes are `u8`; undefined for elements that we have no type for. */
  get dtype(): DType | undefined {
    return this.type.dtype;
  }

  /** The name that errors call the block by. */
  get name(): string {
    return `storage ${this.key}`;
  }

  get bytes(): number {
    return this.elements * this.type.width;
  }
}

/** The place of a tensor's elements in their storage, all in elements. */
export interface Layout {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

export class StoredTensor {
  constructor(
    readonly storage: StorageReference,
    readonly dtype: DType,
    readonly layout: Layout,
  ) {}

  get elements(): number {
    return this.layout.shape.reduce((product, size) => product * size, 1);
  }

  get bytes(): number {
    return this.elements * bytesPerElement(this.dtype);
  }
}

/**
 * Tensors may overlap in their storages, and repeat elements. As values of their own they may take
 * this many times the size of the file, and a little more: beyond, a small file is there to fill
 * the memory.
 */
export const largestExpansion = 16;
/** A file of fewer bytes may still stand for as many. */
export const smallFile = 2 ** 20;

/** The largest number of dimensions, more than any real tensor has. */
const mostDimensions = 32;

/**
 * Reads the arguments of PyTorch's tensor constructors.
 *
 * @param rawType of the elements, where the storage is raw bytes
 * @returns undefined for elements that we have no type for
 * @throws SerializationError unless every element lies inside the storage
 */
export function storedTensor(
  [storage, offset, shape, strides]: readonly unknown[],
  refuse: Refuse,
  rawType?: DType,
): StoredTensor | undefined {
  if (!(storage instanceof StorageReference)) return refuse('a tensor of a storage', 'none');
  const dtype = rawType ?? storage.dtype;
  if (!dtype) return undefined;
  const layout = { offset, shape, strides };
  if (!isLayout(layout)) {
    return refuse(`a shape, strides and an offset into ${storage.name}`, describe(layout));
  }
  const found = new StoredTensor(storage, dtype, layout);
  const last = layout.shape.reduce(
    (sum, size, i) => sum + (size - 1) * (layout.strides[i] as number),
    layout.offset,
  );
  const holds = Math.floor(storage.bytes / bytesPerElement(found.dtype));
  const isInside = found.elements === 0 ? layout.offset <= holds : last < holds;
  if (!isInside) {
    refuse(`a tensor inside the ${holds} elements of ${storage.name}`, describe(layout));
  }
  return found;
}

function isLayout(layout: Readonly<Record<keyof Layout, unknown>>): layout is Layout {
  const { offset, shape, strides } = layout;
  return (
    isCount(offset) &&
    isCounts(shape) &&
    isCounts(strides) &&
    shape.length === strides.length &&
    shape.length <= mostDimensions &&
    Number.isSafeInteger(shape.reduce((product, size) => product * Math.max(size, 1), 8))
  );
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(isCount);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function describe(layout: Readonly<Record<keyof Layout, unknown>>): string {
  const { offset, shape, strides } = layout;
  const list = (value: unknown) => (isIntegers(value) ? `[${value.join(', ')}]` : 'no numbers');
  const at = typeof offset === 'number' ? offset : 'no number';
  return `${list(shape)} with strides ${list(strides)} at ${at}`;
}

function isIntegers(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) && value.every(Number.isSafeInteger) && value.length <= mostDimensions
  );
}
