/** Element types: their names here, libtorch's codes, and the typed arrays that hold them. */

/** Element type of a tensor. `bf16` and `f16` travel as their bits, in a `Uint16Array`. */
export type DType = 'f32' | 'f64' | 'f16' | 'bf16' | 'i64' | 'i32' | 'u8' | 'bool';

/** A typed array that can hold the elements of some `DType`. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Uint16Array
  | BigInt64Array
  | Int32Array
  | Uint8Array;

interface DTypeFacts {
  /** `c10::ScalarType`. */
  readonly code: number;
  readonly bytes: number;
  readonly arrays: new (buffer: ArrayBuffer) => TypedArray;
}

const facts: Readonly<Record<DType, DTypeFacts>> = {
  f32: { code: 6, bytes: 4, arrays: Float32Array },
  f64: { code: 7, bytes: 8, arrays: Float64Array },
  f16: { code: 5, bytes: 2, arrays: Uint16Array },
  bf16: { code: 15, bytes: 2, arrays: Uint16Array },
  i64: { code: 4, bytes: 8, arrays: BigInt64Array },
  i32: { code: 3, bytes: 4, arrays: Int32Array },
  u8: { code: 0, bytes: 1, arrays: Uint8Array },
  bool: { code: 11, bytes: 1, arrays: Uint8Array },
};

const names = new Map(Object.entries(facts).map(([name, { code }]) => [code, name as DType]));

export function isDType(text: string): text is DType {
  return Object.hasOwn(facts, text);
}

/** libtorch's code of an element type; an absent type stays absent. */
export function dtypeCode(dtype: DType): number;
export function dtypeCode(dtype: DType | null | undefined): number | undefined;
export function dtypeCode(dtype: DType | null | undefined): number | undefined {
  return dtype ? facts[dtype].code : undefined;
}

/** The element type that libtorch gives this code; `undefined` for types outside `DType`. */
export function dtypeOfCode(code: number): DType | undefined {
  return names.get(code);
}

/** Size of one element, in bytes. */
export function bytesPerElement(dtype: DType): number {
  return facts[dtype].bytes;
}

/** The elements in `buffer`, without a copy. */
export function typedArrayOver(buffer: ArrayBuffer, dtype: DType): TypedArray {
  return new facts[dtype].arrays(buffer);
}

/** Whether the array's elements are, as they lie, of this type. */
export function holds(array: TypedArray, dtype: DType): boolean {
  return array instanceof facts[dtype].arrays;
}

/**
 * Returns the element type of a typed array. `Uint16Array` may be of several, so its result is
 * undefined.
 */
export function dtypeOfArray(array: TypedArray): DType | undefined {
  if (array instanceof Float32Array) return 'f32';
  if (array instanceof Float64Array) return 'f64';
  if (array instanceof BigInt64Array) return 'i64';
  if (array instanceof Int32Array) return 'i32';
  if (array instanceof Uint8Array) return 'u8';
  return undefined;
}
