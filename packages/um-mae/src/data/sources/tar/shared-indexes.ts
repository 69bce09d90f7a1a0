/**
 * Indexes of shards in several processes, which may have shards and disks of their own: each reads a
 * part of the shards through, once, and the others get what it has found.
 */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { TarFile } from './tar-file.js';
import { fingerprintOf, indexPath, readIndex, tarIndex } from './tar-index.js';
import { decodeIndex, encodeIndex, type Fingerprint, type TarIndex } from './tar-index-bytes.js';
import type { ShardOptions } from './tar-samples.js';

/** The processes that read one set of images together. */
export interface ReadingTeam {
  readonly rank: number;
  readonly size: number;
  /** Returns the lists of all processes as one, in the order of their numbers. */
  gather<Item>(items: readonly Item[]): Promise<Item[]>;
  /** Returns the bytes of process `from`; all give as many. */
  broadcast(bytes: Uint8Array, from: number): Promise<Uint8Array>;
}

/** A shard in one process. */
interface OwnShard {
  readonly path: string;
  /** The same for copies of a shard, wherever they are. */
  readonly key: string;
  readonly fingerprint: Fingerprint;
  readonly kept: TarIndex | undefined;
}

/** A shard as a process tells the others of it. */
interface KnownShard extends Pick<OwnShard, 'key'> {
  readonly rank: number;
  readonly isKept: boolean;
}

/**
 * The indexes of shards that this process need not build: those that it has kept, and those that
 * another has sent. All processes call it, each with its own copies of the shards.
 *
 * @throws DataError when a shard of this process's part is damaged
 */
export async function sharedIndexes(
  paths: readonly string[],
  options: ShardOptions,
  team: ReadingTeam,
): Promise<ReadonlyMap<string, TarIndex>> {
  const own = paths.map((path) => lookAt(path, options));
  const known = await team.gather<KnownShard>(
    own.map(({ key, kept }) => ({ key, rank: team.rank, isKept: kept !== undefined })),
  );
  const found = new Map(own.flatMap(({ path, kept }) => (kept ? [[path, kept] as const] : [])));
  const parts = divide(known, team.size);
  const built: Buffer[] = [];
  for (const key of parts[team.rank] ?? []) {
    const shard = own.find((each) => each.key === key);
    if (!shard) continue;
    const index = shard.kept ?? (await tarIndex(shard.path, options));
    found.set(shard.path, index);
    built.push(encodeIndex(index, anywhere(shard.fingerprint)));
  }
  const sent = await exchange(built, team);
  const contents = new Map(parts.flat().map((key, i) => [key, sent[i]]));
  for (const { path, key, fingerprint } of own) {
    const content = contents.get(key);
    if (found.has(path) || !content) continue;
    const index = decodeIndex(content, anywhere(fingerprint));
    if (index) found.set(path, index);
  }
  return found;
}

/** Copies of a shard differ in their times. */
function anywhere(fingerprint: Fingerprint): Fingerprint {
  return { ...fingerprint, modifiedMs: 0 };
}

function lookAt(path: string, options: ShardOptions): OwnShard {
  const file = new TarFile(path);
  try {
    const fingerprint = fingerprintOf(file, options);
    const { bytes, options: choices } = fingerprint;
    // The first headers have times and names, too.
    const start = file.read(0, Math.min(file.bytes, 16_384));
    const name = `${basename(path)}\0${bytes}\0${choices}\0`;
    const key = createHash('sha256').update(name).update(start).digest('hex');
    return { path, key, fingerprint, kept: readIndex(indexPath(path), fingerprint) };
  } finally {
    file.close();
  }
}

/**
 * Divides the shards whose index some process lacks among those that have them: an index that is
 * kept somewhere comes from there, and others are built by whoever has the fewest.
 *
 * @returns the keys of the shards of each process
 */
function divide(known: readonly KnownShard[], size: number): string[][] {
  const parts = Array.from({ length: size }, (): string[] => []);
  for (const [key, shards] of byKey(known)) {
    if (shards.every(({ isKept }) => isKept)) continue;
    const keepers = shards.filter(({ isKept }) => isKept);
    const candidates = (keepers.length > 0 ? keepers : shards).map(({ rank }) => parts[rank] ?? []);
    const fewest = Math.min(...candidates.map(({ length }) => length));
    candidates.find(({ length }) => length === fewest)?.push(key);
  }
  return parts;
}

function byKey(known: readonly KnownShard[]): ReadonlyMap<string, readonly KnownShard[]> {
  const groups = new Map<string, KnownShard[]>();
  for (const shard of known) {
    const group = groups.get(shard.key);
    if (group) group.push(shard);
    else groups.set(shard.key, [shard]);
  }
  return groups;
}

/** @returns what all have built, in the order of the processes */
async function exchange(built: readonly Buffer[], team: ReadingTeam): Promise<Buffer[]> {
  const sizes = await team.gather(built.map(({ length }) => ({ rank: team.rank, bytes: length })));
  const all: Buffer[] = [];
  for (let rank = 0; rank < team.size; rank++) {
    const lengths = sizes.flatMap((size) => (size.rank === rank ? [size.bytes] : []));
    const bytes = lengths.reduce((sum, length) => sum + length, 0);
    if (bytes === 0) continue;
    const own = rank === team.rank ? Buffer.concat(built) : new Uint8Array(bytes);
    const { buffer, byteOffset } = await team.broadcast(own, rank);
    let start = byteOffset;
    for (const length of lengths) {
      all.push(Buffer.from(buffer, start, length));
      start += length;
    }
  }
  return all;
}
