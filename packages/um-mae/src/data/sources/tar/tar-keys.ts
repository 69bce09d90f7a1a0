/** The members of a shard that belong together, by the key in their names. */
import type { SampleKeys } from '../../reading-options.js';
import type { TarMember } from './tar.js';

/** A member, and what it is of its sample. */
export interface KeyedMember extends TarMember {
  /**
   * The part of the name behind the key, without its dot: `cls`, `mask.png`; empty where there is
   * no dot.
   */
  readonly field: string;
}

/** Members of one key. */
export interface TarSample {
  readonly key: string;
  readonly members: KeyedMember[];
}

/** Cuts a name at the first dot of its last part, as WebDataset does, or at the last one. */
function cutName(name: string, keys: SampleKeys): { key: string; field: string } {
  const start = name.lastIndexOf('/') + 1;
  // A leading dot begins a hidden file's name, not its ending.
  const dot = keys === 'first-dot' ? name.indexOf('.', start + 1) : name.lastIndexOf('.');
  if (dot <= start) return { key: name, field: '' };
  return { key: name.slice(0, dot), field: name.slice(dot + 1) };
}

/** Tells whether the key of a name depends on where it ends. */
export function hasSeveralDots(name: string): boolean {
  return cutName(name, 'first-dot').key !== cutName(name, 'last-dot').key;
}

/**
 * Groups members that follow each other and have one key, as in WebDataset; a name that comes again
 * begins another group. Groups of one key that lie apart, as where all classes follow all images, or
 * a class is written anew behind them, are one sample when only one of them has a picture.
 */
export function samplesOf(
  members: readonly TarMember[],
  keys: SampleKeys,
  isPicture: (member: TarMember) => boolean,
): TarSample[] {
  const samples: TarSample[] = [];
  for (const member of members) {
    const { key, field } = cutName(member.name, keys);
    const last = samples.at(-1);
    const isAnew = last?.members.some(({ name }) => name === member.name);
    if (last?.key === key && !isAnew) last.members.push({ ...member, field });
    else samples.push({ key, members: [{ ...member, field }] });
  }
  return togetherByKey(samples, isPicture);
}

function togetherByKey(
  samples: readonly TarSample[],
  isPicture: (member: TarMember) => boolean,
): TarSample[] {
  const byKey = new Map<string, TarSample[]>();
  for (const sample of samples) {
    const known = byKey.get(sample.key);
    if (known) known.push(sample);
    else byKey.set(sample.key, [sample]);
  }
  return samples.flatMap((sample) => {
    const parts = byKey.get(sample.key) ?? [];
    const shown = parts.filter(({ members }) => members.some(isPicture));
    if (parts.length === 1 || shown.length !== 1) return [sample];
    if (sample !== shown[0]) return [];
    return [{ key: sample.key, members: parts.flatMap(({ members }) => members) }];
  });
}
