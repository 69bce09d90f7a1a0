/** The JSON header of a safetensors file, in both directions. */
import { bytesPerElement, type DType } from '../addon/dtype.js';
import { SerializationError } from '../addon/errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { outermostNames, parseJson } from './json.js';
import { type Refuse, refusalIn } from './refusal.js';

/** The place of a tensor in the file. */
export interface Entry {
  readonly name: string;
  /** Undefined for an element type that we have none for. */
  readonly dtype: DType | undefined;
  /** The name that the file gives the element type. */
  readonly type: string;
  readonly shape: readonly number[];
  /** First byte, counted from the end of the header. */
  readonly begin: number;
  /** Byte after the last. */
  readonly end: number;
}

export interface Header {
  /** The entries in the order of the header. */
  readonly entries: readonly Entry[];
  readonly metadata: Record<string, string>;
}

const metadataKey = '__metadata__';

/** Other programs read no longer header; a larger length is damage or malice. */
export const largestHeader = 100 * 2 ** 20;

/** The largest number of tensors in a file; the largest models have fewer. */
const mostTensors = 2 ** 17;

/** The dimensions that a tensor may have, as in libtorch. */
const mostSizes = 64;

const dtypes: Readonly<Record<string, DType>> = {
  F32: 'f32',
  F64: 'f64',
  F16: 'f16',
  BF16: 'bf16',
  I64: 'i64',
  I32: 'i32',
  U8: 'u8',
  BOOL: 'bool',
};

/** Bytes of an element of the types that we have none for. */
const foreignWidths: Readonly<Record<string, number>> = {
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  F8_E8M0: 1,
  I16: 2,
  U16: 2,
  U32: 4,
  U64: 8,
  C64: 8,
};

/**
 * @param dataBytes how much follows the header
 * @throws SerializationError unless the tensors fill exactly those bytes, without overlap
 */
export function parseHeader(bytes: Uint8Array, dataBytes: number, path: string): Header {
  const fail = refusalIn(path);
  const text = new TextDecoder().decode(bytes);
  let parsed: unknown;
  try {
    parsed = parseJson(text, { deepest: 16, mostValues: 32 * mostTensors });
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : String(error);
    return fail('a JSON header', `${JSON.stringify(text.slice(0, 40))}... (${reason})`);
  }
  if (!isRecord(parsed)) return fail('a header that is a JSON object', typeof parsed);
  checkNames(text, fail);

  const { [metadataKey]: metadata = {}, ...described } = parsed;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    return fail('`__metadata__` of strings', describe(metadata));
  }
  const entries = Object.entries(described).map(([name, value]) => parseEntry(name, value, fail));
  checkLayout(entries, dataBytes, fail);
  return { entries, metadata: metadata as Record<string, string> };
}

function parseEntry(name: string, value: unknown, fail: Refuse): Entry {
  const { dtype, shape, data_offsets: offsets } = isRecord(value) ? value : {};
  const type = typeof dtype === 'string' ? dtype : '';
  const known = Object.hasOwn(dtypes, type) ? dtypes[type] : undefined;
  const width = known ? bytesPerElement(known) : foreignWidth(type);
  if (width === undefined) {
    const names = [...Object.keys(dtypes), ...Object.keys(foreignWidths)].join(' ');
    return fail(`a dtype out of ${names} for \`${name}\``, describe(dtype));
  }
  if (!isCounts(shape) || shape.length > mostSizes)
    return fail(`sizes for \`${name}\``, describe(shape));
  if (!isCounts(offsets) || offsets.length !== 2) {
    return fail(`two offsets for \`${name}\``, describe(offsets));
  }
  // Sizes are multiplied elsewhere, too, also where one of them is zero.
  const extent = shape.reduce((product, size) => product * Math.max(size, 1), width);
  if (!Number.isSafeInteger(extent)) fail(`sizes for \`${name}\``, `[${shape.join(', ')}]`);
  const [begin = 0, end = 0] = offsets;
  const bytes = shape.reduce((product, size) => product * size, width);
  if (bytes !== end - begin) {
    fail(`${bytes} bytes for \`${name}\`, ${type} [${shape.join(', ')}]`, `${end - begin}`);
  }
  return { name, dtype: known, type, shape, begin, end };
}

function foreignWidth(type: string): number | undefined {
  return Object.hasOwn(foreignWidths, type) ? foreignWidths[type] : undefined;
}

function checkLayout(entries: readonly Entry[], dataBytes: number, fail: Refuse): void {
  let position = 0;
  for (const { name, begin, end } of entries.toSorted(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== position) fail(`\`${name}\` to begin at byte ${position}`, `byte ${begin}`);
    position = end;
  }
  if (position !== dataBytes) fail(`${position} bytes of tensors`, `${dataBytes}`);
}

/** Checks that there are not too many names, and each but once. */
function checkNames(json: string, fail: Refuse): void {
  const seen = new Set<string>();
  for (const name of outermostNames(json)) {
    if (seen.has(name)) fail('every name once', `\`${name}\` twice`);
    seen.add(name);
    if (seen.size > mostTensors) fail(`at most ${mostTensors} tensors`, 'more');
  }
}

/** A value of the header, as it stands there. */
function describe(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/**
 * The beginning of a file, for tensors that follow in this order: its length, then the header. With
 * it, a file can be written whose tensors do not fit into memory.
 *
 * @throws SerializationError when it would be longer than any reader takes
 */
export function encodeHeader(
  tensors: readonly (readonly [
    name: string,
    tensor: Pick<Tensor, 'dtype' | 'shape' | 'elements'>,
  ])[],
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const names = new Map(Object.entries(dtypes).map(([name, dtype]) => [dtype, name]));
  let position = 0;
  const described = tensors.map(([name, { dtype, shape, elements }]): [string, unknown] => {
    if (name === metadataKey) {
      throw new SerializationError(`Expected a name of a tensor but got ${metadataKey}.`);
    }
    const begin = position;
    position += elements * bytesPerElement(dtype);
    return [name, { dtype: names.get(dtype), shape, data_offsets: [begin, position] }];
  });
  if (metadata) described.unshift([metadataKey, metadata]);
  const json = JSON.stringify(Object.fromEntries(described));
  const length = Buffer.byteLength(json);
  // Spaces up to a multiple of 8 keep the tensors aligned in the file.
  const padded = json + ' '.repeat((8 - (length % 8)) % 8);
  const encoded = Buffer.from(padded);
  if (encoded.length > largestHeader) {
    throw new SerializationError(
      `Expected names and metadata of at most ${largestHeader} bytes for safetensors but got ${encoded.length}.`,
    );
  }
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(encoded.length));
  return Buffer.concat([start, encoded]);
}
