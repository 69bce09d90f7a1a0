/** Rows of numbers, by column, in memory that grows by doubling. */
export class Columns<Name extends string = string> {
  private length = 0;
  private values: Map<Name, Float64Array>;

  constructor(names: readonly Name[]) {
    this.values = new Map(names.map((name) => [name, new Float64Array(1024)]));
  }

  /** Rows so far. */
  get rows(): number {
    return this.length;
  }

  /** The names of the columns. */
  get names(): readonly Name[] {
    return [...this.values.keys()];
  }

  /** Adds a column, unless there is one of this name; earlier rows have nothing in it. */
  addColumn(name: Name): void {
    const [any] = this.values.values();
    if (!this.values.has(name))
      this.values.set(name, new Float64Array(any?.length ?? 1024).fill(Number.NaN));
  }

  /** Adds a row; what `numberFor` does not have is NaN. */
  add(numberFor: (name: Name) => number | undefined): void {
    for (const [name, column] of this.values) {
      const roomy = this.length < column.length ? column : grown(column);
      if (roomy !== column) this.values.set(name, roomy);
      roomy[this.length] = numberFor(name) ?? Number.NaN;
    }
    this.length += 1;
  }

  /** The numbers of a column, without a copy. */
  of(name: Name): Float64Array {
    return this.values.get(name)?.subarray(0, this.length) ?? new Float64Array();
  }
}

function grown(column: Float64Array): Float64Array {
  const larger = new Float64Array(2 * column.length);
  larger.set(column);
  return larger;
}
