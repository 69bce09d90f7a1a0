/**
 * Checks what a Parquet file says of its own extent, in its footer and in front of each page: the
 * library makes room for as many values as that is.
 *
 * Source: Apache Parquet, parquet.thrift and Encodings.md; Apache Thrift, "Compact protocol".
 */
import type { FileMetaData } from 'hyparquet';

/** The pages of a column of one group of rows. */
export interface ColumnPages {
  /** Bytes of the file. */
  readonly begin: number;
  readonly end: number;
  /** Values of the column in the group, none included. */
  readonly values: number;
  /** Bytes of the pages when they are unpacked. */
  readonly unpacked: number;
}

/** Bytes that a packed byte may stand for. */
const largestExpansion = 2 ** 14;
const smallColumn = 2 ** 20;

/** Every read goes through all groups, so that the time for a table grows by their square. */
const mostGroups = 2 ** 15;

/** Values may take less than a bit each, where they are all the same; so many are no harm. */
const fewValues = 2 ** 20;

/**
 * The pages of all columns, as the footer has them.
 *
 * @throws RangeError when a column lies beyond the file, or the table has more rows than it could
 */
export function columnPages(metadata: FileMetaData, byteLength: number): ColumnPages[] {
  const groups = metadata.row_groups.length;
  if (groups > mostGroups) refuse(`${groups} groups of rows, more than ${mostGroups}`);
  let rows = 0;
  const pages = metadata.row_groups.flatMap((group) => {
    rows += count(group.num_rows, 'rows');
    return group.columns.flatMap(({ meta_data: column }) => {
      if (!column) return [];
      const first = column.dictionary_page_offset || column.data_page_offset;
      const begin = count(first, 'as the place of a column');
      const unpacked = count(column.total_uncompressed_size, 'bytes of a column');
      const values = count(column.num_values, 'values of a column');
      const end = begin + count(column.total_compressed_size, 'bytes of a column');
      if (end > byteLength) refuse(`a column up to byte ${end} of ${byteLength}`);
      return [{ begin, end, values, unpacked }];
    });
  });
  if (rows !== count(metadata.num_rows, 'rows')) {
    refuse(`${metadata.num_rows} rows, of which groups have ${rows}`);
  }
  if (rows > Math.max(8 * byteLength, fewValues)) refuse(`${rows} rows in ${byteLength} bytes`);
  return pages;
}

/**
 * Checks the pages that some bytes of a file begin with, or that columns inside of them have.
 *
 * @param start the place of the bytes in the file
 * @throws RangeError when a column has more values or bytes than it could, or a page than its column
 */
export function checkPages(
  bytes: ArrayBuffer,
  start: number,
  columns: readonly ColumnPages[],
): void {
  const stop = start + bytes.byteLength;
  for (const column of columns) {
    const { begin, end, values, unpacked } = column;
    if (begin >= stop || end <= start) continue;
    if (unpacked > largestExpansion * (end - begin) + smallColumn) {
      refuse(`a column of ${unpacked} bytes in ${end - begin}`);
    }
    if (values > Math.max(8 * unpacked, fewValues)) {
      refuse(`a column of ${values} values in ${unpacked} bytes`);
    }
    const from = Math.max(begin, start) - start;
    walk(new DataView(bytes, from, Math.min(end, stop) - start - from), column);
  }
}

/** Goes from page to page of a column; bytes behind the last whole one are none. */
function walk(view: DataView, column: ColumnPages): void {
  for (let at = 0; at < view.byteLength - 1; ) {
    const header = readPageHeader(view, at);
    const { packed, unpacked, values, isDictionary } = header;
    const most = isDictionary ? unpacked : column.values;
    if (unpacked > column.unpacked + smallColumn) {
      refuse(`a page of ${unpacked} bytes in a column of ${column.unpacked}`);
    }
    if (values > most) refuse(`a page of ${values} values where ${most} can be`);
    at = header.end + packed;
  }
}

interface PageHeader {
  readonly packed: number;
  readonly unpacked: number;
  readonly values: number;
  readonly isDictionary: boolean;
  /** The place of the first byte behind the header. */
  readonly end: number;
}

/** Numbers of the fields of a page header. */
const field = { type: 1, unpacked: 2, packed: 3 } as const;

/** Kinds of pages, by their type: the field of their own header, and the last that it must have. */
const kinds: ReadonlyMap<number, { readonly id: number; readonly last: number }> = new Map([
  [0, { id: 5, last: 4 }],
  [2, { id: 7, last: 2 }],
  [3, { id: 8, last: 6 }],
]);

/** Each number that a header must have, since the library does not look for what is missing. */
function readPageHeader(view: DataView, start: number): PageHeader {
  const reader = new CompactReader(view, start);
  const numbers = new Map<number, number>();
  const headers = new Map<number, ReadonlyMap<number, number>>();
  for (const { id, type } of reader.fields()) {
    if (type === types.struct) headers.set(id, reader.numbers());
    else if (isInteger(type)) numbers.set(id, reader.integer());
    else reader.skip(type);
  }
  const kind = kinds.get(numberOf(numbers, field.type));
  const own = kind && headers.get(kind.id);
  if (!own) return refuse('a page without a header of its own');
  const required = Array.from({ length: kind.last }, (_, i) => numberOf(own, i + 1));
  const [values = 0, , rows = 0, , definitions = 0, repetitions = 0] = required;
  const packed = numberOf(numbers, field.packed);
  if (definitions + repetitions > packed) refuse('a page whose levels are longer than it is');
  return {
    packed,
    unpacked: numberOf(numbers, field.unpacked),
    values: kind.last === 6 ? Math.max(values, rows) : values,
    isDictionary: kind.last === 2,
    end: reader.at,
  };
}

function numberOf(numbers: ReadonlyMap<number, number>, id: number): number {
  const number = numbers.get(id);
  if (number === undefined || number < 0) return refuse('the header of a page without its numbers');
  return number;
}

/** Types of values in Thrift's compact protocol. */
const types = {
  stop: 0,
  yes: 1,
  no: 2,
  byte: 3,
  i16: 4,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  struct: 12,
} as const;

function isInteger(type: number): boolean {
  return type >= types.i16 && type <= types.i64;
}

/** Levels of structures in a header of a page: it has three. */
const deepest = 8;

/** Reads Thrift's compact protocol, as far as headers of pages need it. */
class CompactReader {
  constructor(
    readonly view: DataView,
    public at: number,
  ) {}

  /** Yields the fields of a structure; each is read or skipped before the next. */
  *fields(): Generator<{ readonly id: number; readonly type: number }> {
    for (let id = 0; ; ) {
      const byte = this.#byte();
      if ((byte & 15) === types.stop) return;
      id = byte >> 4 === 0 ? this.integer() : id + (byte >> 4);
      yield { id, type: byte & 15 };
    }
  }

  /** A number in zigzag form, of up to ten bytes. */
  integer(): number {
    const number = this.#unsigned();
    return number % 2 === 0 ? number / 2 : -(number + 1) / 2;
  }

  /** The whole numbers among the fields of a structure. */
  numbers(): Map<number, number> {
    const found = new Map<number, number>();
    for (const { id, type } of this.fields()) {
      if (isInteger(type)) found.set(id, this.integer());
      else this.skip(type, 1);
    }
    return found;
  }

  skip(kind: number, level = 0): void {
    if (level > deepest) refuse('the header of a page that is too deep');
    if (this.at > this.view.byteLength) refuse('the header of a page that is cut off');
    if (kind === types.yes || kind === types.no) return;
    if (kind === types.byte) this.at += 1;
    else if (isInteger(kind)) this.#unsigned();
    else if (kind === types.double) this.at += 8;
    else if (kind === types.binary) this.at += this.#unsigned();
    else if (kind === types.struct) {
      for (const inner of this.fields()) this.skip(inner.type, level + 1);
    } else if (kind === types.list) {
      const byte = this.#byte();
      const items = byte >> 4 === 15 ? this.#unsigned() : byte >> 4;
      // Truth takes a byte in a list.
      const item = (byte & 15) <= types.no ? types.byte : byte & 15;
      for (let i = 0; i < items; i++) this.skip(item, level + 1);
    } else refuse(`a field of type ${kind} in the header of a page`);
  }

  #unsigned(): number {
    let [value, factor] = [0, 1];
    for (let bytes = 0; bytes < 10; bytes++, factor *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    return refuse('a number of more than ten bytes');
  }

  #byte(): number {
    if (this.at >= this.view.byteLength) refuse('the header of a page that is cut off');
    this.at += 1;
    return this.view.getUint8(this.at - 1);
  }
}

function count(value: bigint | number, name: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) refuse(`${value} ${name}`);
  return number;
}

/** Whoever reads a table completes the sentence. */
function refuse(found: string): never {
  throw new RangeError(found);
}
