/**
 * A set of images that several processes go through together, each a contiguous part of the batches
 * of one process: without padding, and no image twice.
 */
import { setImmediate } from 'node:timers/promises';
import { UmMaeError } from '../../errors.js';
import type { ImageSet } from '../sources/image-set.js';
import type { ReadingTeam } from '../sources/tar/shared-indexes.js';

/** Processes that go through a set together. */
export interface ProcessGroup extends ReadingTeam {
  /** Whether this is process 0, to which the others give what they have found. */
  readonly leads: boolean;

  /** Returns the sums of numbers over all processes, which call it together. */
  sum(numbers: readonly number[]): Promise<number[]>;

  /**
   * Compares facts that have to be the same in all processes, which call it together.
   *
   * @throws UmMaeError in all of them, of the same sentence, when one differs from the first
   */
  agreeOn(facts: object): Promise<void>;

  /**
   * Compares sets of images, which processes may have in folders of their own.
   *
   * @throws UmMaeError in all of them, of the same sentence, when one has others than the first
   */
  agreeOnImages(images: Pick<ImageSet, 'count' | 'digest'>): Promise<void>;
}

/** Options of work on a set of images that several processes may share. */
export interface PartOptions {
  /** The processes that share the work, of which each takes a part. Default: this one alone. */
  readonly team?: ProcessGroup | undefined;
  /**
   * Ends the work before the next batch, with the signal's reason as the error; in the other
   * processes, with a sentence.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Batches from `start` to before `end`. */
export interface BatchRange {
  readonly start: number;
  readonly end: number;
}

/** The part of so many batches that this process takes; without others, all of them. */
export function partOf(batches: number, team?: ProcessGroup): BatchRange {
  const { rank, size } = team ?? { rank: 0, size: 1 };
  const edge = (part: number) => Math.ceil((batches * part) / size);
  return { start: edge(rank), end: edge(rank + 1) };
}

/** Something that has been made of a batch, and the number of the part with that batch. */
export interface PartItem<Item> {
  readonly part: number;
  readonly item: Item;
}

/** The longest time for which a process goes on before it tells the others. */
const roundMs = 1000;

/** The news of a process: the items it has made, and whether they are all. */
interface Round<Item> {
  readonly part: number;
  readonly items: readonly Item[];
  readonly isLast: boolean;
  readonly stops: boolean;
}

/**
 * Brings together what processes make of their parts. All call it together, and hear about once a
 * second of each other.
 *
 * @param own of this process, in the order of its part
 * @yields the items of all parts in the process that leads, those of each part in their order; in
 *   the others none
 * @throws the reason of the signal; UmMaeError `stopped` where another process had one
 */
export async function* inParts<Item>(
  own: AsyncIterable<Item>,
  { team, signal }: PartOptions,
): AsyncGenerator<PartItem<Item>, void, undefined> {
  const items = own[Symbol.asyncIterator]();
  try {
    let isOver = false;
    while (!isOver) {
      const round = await nextRound(items, { team, signal });
      const rounds = team ? await team.gather([round]) : [round];
      if (rounds.some(({ stops }) => stops)) throw signal?.reason ?? stoppedElsewhere();
      for (const { part, items } of team?.leads === false ? [] : rounds)
        for (const item of items) yield { part, item };
      isOver = rounds.every(({ isLast }) => isLast);
    }
  } finally {
    await items.return?.();
  }
}

/** Makes items for a while; alone, one. */
async function nextRound<Item>(
  own: AsyncIterator<Item>,
  { team, signal }: PartOptions,
): Promise<Round<Item>> {
  const endMs = performance.now() + (team ? roundMs : 0);
  const items: Item[] = [];
  let isLast = false;
  do {
    // Lets signals through when the next images are already there.
    await setImmediate();
    if (signal?.aborted) break;
    const next = await own.next();
    if (next.done) isLast = true;
    else items.push(next.value);
  } while (!isLast && performance.now() < endMs);
  return { part: team?.rank ?? 0, items, isLast, stops: signal?.aborted ?? false };
}

/** Whether work has ended by a signal, of this process or of another. */
export function isStop(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted && error === signal.reason) return true;
  return error instanceof UmMaeError && error.code === 'stopped';
}

function stoppedElsewhere(): UmMaeError {
  return new UmMaeError(
    'stopped',
    'Expected all processes to go on but another one has been stopped.',
  );
}

/**
 * Returns all items in the order of the set. In processes that do not lead there are none.
 *
 * @param onItem called with each as it comes, in whatever order
 */
export async function collectParts<Item>(
  own: AsyncIterable<Item>,
  options: PartOptions,
  onItem?: (item: Item) => void,
): Promise<Item[]> {
  const all: PartItem<Item>[] = [];
  for await (const found of inParts(own, options)) {
    all.push(found);
    onItem?.(found.item);
  }
  return all.sort((a, b) => a.part - b.part).map(({ item }) => item);
}
