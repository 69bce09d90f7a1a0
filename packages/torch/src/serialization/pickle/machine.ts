/** The stack machine that pickles are programs for, with bounds on what a program may use. */
import type { ByteReader } from '../byte-reader.js';
import type { Refuse } from '../refusal.js';
import { largestExpansion, type StorageReference, smallFile } from './stored-tensor.js';

/** Far more than the largest checkpoint needs; a dict counts as several. */
const mostValues = 2 ** 22;

export class PickleMachine {
  readonly refuse: Refuse;
  /** Every storage that a tensor of the program lies in, by key. */
  readonly storages = new Map<string, StorageReference>();
  readonly #stack: unknown[] = [];
  /** Heights of the stack where groups of values begin. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();
  #spent = 0;
  #spentBytes = 0;

  constructor(readonly input: ByteReader) {
    this.refuse = input.refuse;
  }

  push(value: unknown): void {
    this.spend(1);
    this.#stack.push(value);
  }

  /** Counts values that are about to take memory. */
  spend(values: number): void {
    this.#spent += values;
    if (this.#spent > mostValues) this.refuse(`at most ${mostValues} values`, 'more');
  }

  /** Counts bytes and characters that a call is about to copy: a short program can call often. */
  spendBytes(bytes: number): void {
    const most = largestExpansion * this.input.end + smallFile;
    this.#spentBytes += bytes;
    if (this.#spentBytes > most) this.refuse(`texts of at most ${most} bytes in all`, 'more');
  }

  pop(): unknown {
    this.#checkHeight();
    return this.#stack.pop();
  }

  top(): unknown {
    this.#checkHeight();
    return this.#stack.at(-1);
  }

  mark(): void {
    if (this.#marks.push(this.#stack.length) > mostValues) {
      this.refuse(`at most ${mostValues} groups of values`, 'more');
    }
  }

  /** Pops everything since the last mark. */
  popGroup(): unknown[] {
    const start = this.#marks.pop();
    if (start === undefined) return this.refuse('a whole pickle', 'a group without a beginning');
    return this.#stack.splice(start);
  }

  popMany(count: number): unknown[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  /** Keeps the topmost value under a number; without one, under the next. */
  remember(index = this.#memo.size): void {
    if (index > mostValues) this.refuse(`memo numbers up to ${mostValues}`, `${index}`);
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    if (!this.#memo.has(index)) this.refuse('a known memo number', `${index}`);
    this.push(this.#memo.get(index));
  }

  pushStorage(storage: StorageReference): void {
    const known = this.storages.get(storage.key) ?? storage;
    if (known.type !== storage.type || known.elements !== storage.elements) {
      this.refuse(`${storage.name} of one type and size`, 'two');
    }
    this.storages.set(storage.key, known);
    this.push(known);
  }

  #checkHeight(): void {
    const [mark = 0] = this.#marks.slice(-1);
    if (this.#stack.length <= mark) {
      this.refuse('a whole pickle', 'one that uses a value it has not made');
    }
  }
}
