/** Notes for a person on how a set of images was read: things passed over, and choices made. */

/** Things of one kind, counted. */
export interface Remark {
  /** The kind of thing, in a few words that can stand before the number. */
  readonly what: string;
  readonly count: number;
  /** The first of them, each once. */
  readonly examples: readonly string[];
  /** Whether it may be the reason why an image has no class. */
  readonly aboutClasses?: boolean;
}

const kept = 5;

/** Counts things by their kind. */
export class Remarks {
  private readonly found = new Map<string, Remark>();

  add(what: string, example: string): void {
    this.merge({ what, count: 1, examples: [example] });
  }

  /** Counts something because of which an image may have no class. */
  addOnClasses(what: string, example: string): void {
    this.merge({ what, count: 1, examples: [example], aboutClasses: true });
  }

  merge(remark: Remark): void {
    const known = this.found.get(remark.what);
    if (!known) {
      this.found.set(remark.what, remark);
      return;
    }
    const examples =
      known.examples.length < kept
        ? [...new Set([...known.examples, ...remark.examples])].slice(0, kept)
        : known.examples;
    this.found.set(remark.what, { ...known, count: known.count + remark.count, examples });
  }

  /** Returns the number of things of a kind. */
  count(what: string): number {
    return this.found.get(what)?.count ?? 0;
  }

  list(): Remark[] {
    return [...this.found.values()];
  }

  /** A line on the kind of which there are most; undefined where there is nothing. */
  describeMost(): string | undefined {
    const [most] = this.list().sort((a, b) => b.count - a.count);
    return most && describeRemark(most);
  }
}

/** Counts the same things of several sources together. */
export function joinRemarks(lists: readonly (readonly Remark[])[]): Remark[] {
  const together = new Remarks();
  for (const remark of lists.flat()) together.merge(remark);
  return together.list();
}

/**
 * Writes a remark as a line: `hidden files and folders, passed over: 7 (.cache, .git and 5 more)`.
 */
export function describeRemark({ what, count, examples }: Remark): string {
  const more = count - examples.length;
  const short = examples.map((text) => (text.length > 100 ? `${text.slice(0, 97)}...` : text));
  const shown = `${short.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return `${what}: ${count} (${shown})`;
}
