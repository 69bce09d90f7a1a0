/** Tensors as a pickle describes them: a view of a storage that lies elsewhere in the file. */
import { bytesPerElement, type DType } from '../../dtype.js';
import type { Refuse } from '../refusal.js';

/** A block of elements, by the key that the file gives it. */
export class StorageReference {
  constructor(
    readonly key: string,
    /** Raw bytes are `u8`. */
    readonly dtype: DType,
    readonly elements: number,
  ) {}

  /** The name of the storage in errors. */
  get name(): string {
    return `storage ${this.key}`;
  }

  get bytes(): number {
    return this.elements * bytesPerElement(this.dtype);
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

/** The largest number of dimensions, more than any real tensor has. */
const mostDimensions = 32;

/**
 * Reads the arguments of PyTorch's tensor constructors.
 *
 * @param dtype of the elements, where the storage is raw bytes
 * @throws SerializationError unless every element lies inside the storage
 */
export function storedTensor(
  [storage, offset, shape, strides]: readonly unknown[],
  refuse: Refuse,
  dtype?: DType,
): StoredTensor {
  if (!(storage instanceof StorageReference)) return refuse('a tensor of a storage', 'none');
  const layout = { offset, shape, strides };
  if (!isLayout(layout)) {
    return refuse(`a shape, strides and an offset into ${storage.name}`, describe(layout));
  }
  const found = new StoredTensor(storage, dtype ?? storage.dtype, layout);
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
