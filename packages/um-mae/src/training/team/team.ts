/** Several processes that work on one thing: what they tell each other. */
import { deserialize, serialize } from 'node:v8';
import { engine, scope, tensor } from '@um-mae/torch';
import type { Group } from '@um-mae/torch/distributed';
import type { BatchRows } from '@um-mae/torch/nn';
import type { ProcessGroup } from '../../data/loading/in-parts.js';
import type { BatchShare, ImageBatch } from '../../data/loading/loader.js';
import type { SkippedImage } from '../../data/loading/unreadable.js';
import type { ImageSet } from '../../data/sources/image-set.js';
import { UmMaeError } from '../../errors.js';
import { packageVersion } from '../../package-version.js';
import { recipeDifferences } from '../../recipes/values/differences.js';

/** Values that say where images are, on each host. */
const places = /^recipe\.(data|watch\.labelled)\.(paths|root|train|val)$/;

/** A batch as all processes together have it. */
export interface SharedBatch {
  /** The images of this process among all. */
  readonly rows: BatchRows;
  /** The images that any process has left out, in the order of one process. */
  readonly skipped: readonly SkippedImage[];
  /** Whether any process wants the run to end after this step. */
  readonly stops: boolean;
}

/** An error as the processes tell it each other. */
export interface TeamFailure {
  /** Sentences for the user. */
  readonly text: string;
  readonly exitCode: number;
  /** Processes that say nothing any more. */
  readonly silent?: readonly number[];
}

export class Team implements ProcessGroup {
  /** The reason for which exchanges have ended, once it is looked for. */
  failure: Promise<TeamFailure> | undefined;
  private waited = 0;

  /** @param patienceMs the longest wait for another process */
  constructor(
    readonly group: Group,
    readonly patienceMs: number,
  ) {}

  /** The time that this process has waited for the others in small exchanges, in milliseconds. */
  get waitedMs(): number {
    return this.waited;
  }

  get size(): number {
    return this.group.size;
  }

  get rank(): number {
    return this.group.rank;
  }

  /** Whether this is process 0, which writes files and shows what happens. */
  get leads(): boolean {
    return this.rank === 0;
  }

  /** The part of every batch that this process loads. */
  get share(): BatchShare {
    return { rank: this.rank, of: this.size };
  }

  /**
   * Tells the others of a batch that has come. All processes call it for every batch, which makes
   * what follows from it common to them.
   */
  async meet(
    { indices, skipped }: Pick<ImageBatch, 'indices' | 'skipped'>,
    { stops }: { readonly stops: boolean },
  ): Promise<SharedBatch> {
    const own = Array.from({ length: this.size }, (_, rank) =>
      rank === this.rank ? indices.length : 0,
    );
    const numbers = await this.sum([skipped.length, Number(stops), ...own]);
    const [left = 0, wishes = 0, ...counts] = numbers;
    const total = (parts: readonly number[]) => parts.reduce((sum, part) => sum + part, 0);
    return {
      rows: {
        first: total(counts.slice(0, this.rank)),
        count: indices.length,
        of: total(counts),
      },
      skipped: left === 0 ? [] : await this.gather(skipped),
      stops: wishes > 0,
    };
  }

  /** Returns the sums of small numbers over all processes, and counts the time until they are there. */
  async sum(numbers: readonly number[]): Promise<number[]> {
    const startMs = performance.now();
    const sums = await this.group.sum(numbers);
    this.waited += performance.now() - startMs;
    return sums;
  }

  /** Returns the bytes of process `from`; all give as many, at least one. */
  async broadcast(bytes: Uint8Array, from: number): Promise<Uint8Array> {
    const sent = scope(() => tensor(bytes)).keep();
    try {
      await this.group.broadcast(sent, from);
      return sent.toArray() as Uint8Array;
    } finally {
      sent.dispose();
    }
  }

  /**
   * Returns the lists of all processes as one, in the order of their numbers.
   *
   * @template Item plain data and typed arrays
   */
  async gather<Item>(items: readonly Item[]): Promise<Item[]> {
    const bytes = serialize(items);
    const own = Array.from({ length: this.size }, (_, rank) =>
      rank === this.rank ? bytes.length : 0,
    );
    const lengths = await this.group.sum(own);
    const padded = new Uint8Array(Math.max(...lengths));
    padded.set(bytes);
    const sent = scope(() => tensor(padded)).keep();
    const gathered = await this.group.allGather(sent);
    const received = gathered.map((each) => each.toArray() as Uint8Array);
    for (const each of [sent, ...gathered]) each.dispose();
    return received.flatMap((each, rank) => deserialize(each.subarray(0, lengths[rank])) as Item[]);
  }

  /**
   * Compares versions, and facts that have to be the same in all processes.
   *
   * @throws UmMaeError in all of them, of the same sentence, when one differs from the first
   */
  async agreeOn(facts: object): Promise<void> {
    const versions = { 'um-mae': packageVersion(), libtorch: engine().version };
    const [first, ...others] = await this.gather([{ ...facts, versions }]);
    for (const [i, other] of others.entries()) {
      const [difference] = recipeDifferences(first ?? {}, other).filter(
        ({ path }) => !places.test(path),
      );
      if (!difference) continue;
      const [was, is] = [difference.left, difference.right].map((value) => JSON.stringify(value));
      const { hosts } = this.group;
      throw new UmMaeError(
        'team',
        `Expected \`${difference.path}\` ${was}, as in process 0 on ${hosts[0]}, but got ${is} in process ${i + 1} on ${hosts[i + 1]}.`,
      );
    }
  }

  /**
   * Compares sets of images, which processes may have in folders of their own.
   *
   * @throws UmMaeError in all of them, of the same sentence, when one has others than the first
   */
  async agreeOnImages({ count, digest }: Pick<ImageSet, 'count' | 'digest'>): Promise<void> {
    const [first, ...others] = await this.gather([{ count, digest }]);
    const other = others.findIndex((own) => own.digest !== first?.digest);
    const found = others[other];
    if (!first || !found) return;
    const got = found.count === first.count ? 'others' : `${found.count}`;
    const { hosts } = this.group;
    throw new UmMaeError(
      'team',
      `Expected the ${first.count} images of process 0 on ${hosts[0]} but got ${got} in process ${other + 1} on ${hosts[other + 1]}.\n` +
        'All processes need the same images, in folders of any names.',
    );
  }
}
