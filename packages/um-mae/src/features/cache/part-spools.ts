/** Rows of the parts of a set, which come by turns, on the disk until all are there. */
import { RowSpool } from './row-spool.js';

export class PartSpools implements Disposable {
  private readonly spools = new Map<number, RowSpool>();
  private readonly first: RowSpool;

  /** @param path a file that is replaced now; those beside it, and it, are gone when disposed of */
  constructor(
    private readonly path: string,
    private readonly channels: number,
  ) {
    this.first = this.of(0);
  }

  /** @param rows [any, channels], which follow those that the part has already */
  append(part: number, rows: Float32Array): void {
    this.of(part).append(rows);
  }

  /** Puts the rows of all parts one after the other. */
  join(): RowSpool {
    const others = [...this.spools].filter(([part]) => part > 0).sort(([a], [b]) => a - b);
    for (const [part, spool] of others) {
      for (const rows of spool.pieces()) this.first.append(rows);
      this.drop(part, spool);
    }
    return this.first;
  }

  [Symbol.dispose](): void {
    for (const [part, spool] of this.spools) this.drop(part, spool);
  }

  private of(part: number): RowSpool {
    const known = this.spools.get(part);
    if (known) return known;
    const spool = new RowSpool(part === 0 ? this.path : `${this.path}.${part}`, this.channels);
    this.spools.set(part, spool);
    return spool;
  }

  private drop(part: number, spool: RowSpool): void {
    spool[Symbol.dispose]();
    this.spools.delete(part);
  }
}
