/**
 * Parses JSON of any length, which need not fit a string, to the value that `JSON.parse` returns.
 *
 * Files of annotations are lists of many objects. Where a list is the root or a value of the root,
 * its objects are parsed in runs as they come. The rest of the text is parsed at the end, with the
 * number of a run in a list of its own, `[3]`, where the run was.
 */

import type { JsonLimits } from '@um-mae/torch/files';

const [quote, comma, backslash] = [0x22, 0x2c, 0x5c];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * @throws SyntaxError where the text is no JSON, or larger than the limits
 */
export async function parseJsonPieces(
  chunks: AsyncIterable<Buffer>,
  limits: JsonLimits = {},
): Promise<unknown> {
  const pieces = new Pieces(limits);
  for await (const chunk of chunks) pieces.add(chunk);
  return pieces.value();
}

/** Bytes of one item, and of all that is in none. */
const longestPiece = 2 ** 27;

class Pieces {
  readonly #nesting: Nesting;
  readonly #runs: unknown[][] = [];
  readonly #rest: Buffer[] = [];
  #restBytes = 0;
  /** An item that is not yet whole. */
  #begun = Buffer.alloc(0);

  constructor(limits: JsonLimits) {
    this.#nesting = new Nesting(limits);
  }

  add(chunk: Buffer): void {
    const nesting = this.#nesting;
    const bytes = Buffer.concat([this.#begun, chunk]);
    let run = { start: 0, end: 0 };
    let [rest, item] = [0, 0];
    const endRun = () => {
      if (run.end > run.start) {
        this.#rest.push(bytes.subarray(rest, run.start), this.#parseRun(bytes, run));
        rest = run.end;
      }
      run = { start: -1, end: -1 };
    };
    if (this.#begun.length === 0) endRun();
    for (let i = this.#begun.length; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      const wasInItem = nesting.isInItem;
      nesting.take(byte);
      if (nesting.isInItem) {
        if (wasInItem) continue;
        item = i;
        if (run.start < 0) run.start = i;
      } else if (wasInItem) run.end = i + 1;
      else if (run.start >= 0 && byte !== comma && byte > 0x20) endRun();
    }
    endRun();
    const end = nesting.isInItem ? item : bytes.length;
    this.#rest.push(bytes.subarray(rest, end));
    this.#begun = bytes.subarray(end);
    this.#restBytes += end - rest;
    if (this.#begun.length > longestPiece || this.#restBytes > longestPiece) {
      throw new SyntaxError(
        `more than ${longestPiece} bytes outside of lists of objects, or in one`,
      );
    }
  }

  /** Parses items with commas between them. Returns the text that stands for them. */
  #parseRun(
    bytes: Buffer,
    { start, end }: { readonly start: number; readonly end: number },
  ): Buffer {
    this.#runs.push(JSON.parse(`[${bytes.toString('utf8', start, end)}]`));
    return Buffer.from(`[${this.#runs.length - 1}]`);
  }

  value(): unknown {
    const text = Buffer.concat([...this.#rest, this.#begun]).toString('utf8');
    const root: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    if (Array.isArray(root)) return this.#itemsOf(root);
    if (typeof root !== 'object' || root === null) return root;
    return Object.fromEntries(
      Object.entries(root).map(([key, value]) => [
        key,
        Array.isArray(value) ? this.#itemsOf(value) : value,
      ]),
    );
  }

  /** The items of a list in which lists stand for runs. */
  #itemsOf(list: readonly unknown[]): unknown[] {
    const items: unknown[] = [];
    for (const item of list) {
      if (!Array.isArray(item)) items.push(item);
      else for (const own of this.#runs[item[0]] ?? []) items.push(own);
    }
    return items;
  }
}

/** The place of a byte among strings, lists and objects. */
class Nesting {
  /** Whether the bytes are those of an object or a list that is an item. */
  isInItem = false;
  #isInString = false;
  #isEscaped = false;
  #depth = 0;
  #values = 0;
  /** The depth of the list that items are taken from; undefined outside of such lists. */
  #items: number | undefined;
  readonly #deepest: number;
  readonly #mostValues: number;

  constructor({ deepest = 64, mostValues = 2 ** 26 }: JsonLimits) {
    this.#deepest = deepest;
    this.#mostValues = mostValues;
  }

  take(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (this.#isInString) {
      if (byte === backslash) this.#isEscaped = true;
      else if (byte === quote) this.#isInString = false;
    } else if (byte === quote) this.#isInString = true;
    else if (byte === openList || byte === openObject) this.#open(byte === openList);
    else if (byte === closeList || byte === closeObject) this.#close();
    else if (byte === comma) this.#count();
  }

  #count(): void {
    if (++this.#values > this.#mostValues) {
      throw new SyntaxError(`more than ${this.#mostValues} values`);
    }
  }

  #open(isList: boolean): void {
    this.#count();
    if (++this.#depth > this.#deepest) {
      throw new SyntaxError(`more than ${this.#deepest} levels of nesting`);
    }
    if (this.#items !== undefined) this.isInItem = true;
    else if (isList && this.#depth <= 2) this.#items = this.#depth;
  }

  #close(): void {
    this.#depth--;
    if (this.#items === undefined) return;
    if (this.#depth === this.#items) this.isInItem = false;
    if (this.#depth < this.#items) this.#items = undefined;
  }
}
