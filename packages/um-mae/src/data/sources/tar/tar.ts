/** The members of a tar archive, by its headers; never a member's bytes. */
import { basename } from 'node:path';
import type { TarFile } from './tar-file.js';
import {
  block,
  type Extension,
  isHeader,
  noHeader,
  number,
  readAt,
  readExtension,
  text,
  truncated,
  ustarName,
} from './tar-header.js';

/** A regular file in an archive. */
export interface TarMember {
  /**
   * The name as it is written there; it may be absolute or lead upwards, so it is only ever shown.
   */
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

/** Anything that an archive holds. */
interface TarEntry extends TarMember {
  /** The letter of POSIX and GNU, mostly a digit. */
  readonly type: string;
  /** The name of the member that a link leads to. */
  readonly link: string;
  /** Whether holes are left out, so that the bytes are not those of the file. */
  readonly isSparse: boolean;
}

/** A function that is given what is not taken: the kind of thing, and its name. */
export type OnPassed = (what: string, name: string) => void;

/**
 * Yields all regular files, in their order; hard links as the files that they lead to. Folders are
 * passed over, and so are symbolic links, devices and sparse files, which `onPassed` is given. What
 * is joined behind the end of an archive is read on.
 *
 * Synchronous: a header takes a few microseconds so, and ten times that with promises.
 *
 * @throws DataError unless the archive is whole
 */
export function* tarMembers(
  file: TarFile,
  onPassed: OnPassed = () => {},
): Generator<TarMember, void, undefined> {
  let named: ReadonlyMap<string, readonly TarEntry[]> | undefined;
  for (const entry of tarEntries(file, onPassed)) {
    const { name, type } = entry;
    if (type === '1') {
      named ??= entriesByName(file);
      const target = linkTarget(named, entry);
      if (target) yield { name, offset: target.offset, bytes: target.bytes };
      else onPassed('links in archives to what is not there, passed over', name);
    } else if (isRegular(entry)) {
      yield { name, offset: entry.offset, bytes: entry.bytes };
    } else if (type !== '5' && !name.endsWith('/')) onPassed(describeType(entry), name);
  }
}

/**
 * Some writers mark regular files by 0, and some by nothing or by 7; the oldest mark folders only
 * by a slash.
 */
function isRegular({ type, isSparse, name }: TarEntry): boolean {
  return '0\x007'.includes(type) && !isSparse && !name.endsWith('/');
}

function describeType({ type, isSparse }: TarEntry): string {
  if (isSparse) return 'files in archives that are stored sparsely, passed over';
  if (type === '2') return 'symbolic links in archives, passed over';
  if ('346'.includes(type)) return 'devices and pipes in archives, passed over';
  return `members of type ${JSON.stringify(type)} in archives, passed over`;
}

function entriesByName(file: TarFile): Map<string, TarEntry[]> {
  const named = new Map<string, TarEntry[]>();
  for (const entry of tarEntries(file, () => {})) {
    const known = named.get(entry.name);
    if (known) known.push(entry);
    else named.set(entry.name, [entry]);
  }
  return named;
}

/**
 * The file that a hard link, or a chain of them, leads to: the last of its name before the link.
 */
function linkTarget(
  named: ReadonlyMap<string, readonly TarEntry[]>,
  link: TarEntry,
): TarEntry | undefined {
  let entry: TarEntry = link;
  for (let hops = 0; entry.type === '1' && hops < 40; hops++) {
    const { link: name, offset } = entry;
    const found = named.get(name) ?? named.get(`./${name}`) ?? named.get(name.replace(/^\.\//, ''));
    const target = found?.findLast((other) => other.offset < offset) ?? found?.[0];
    if (!target) return undefined;
    entry = target;
  }
  return isRegular(entry) ? entry : undefined;
}

/** Everything in an archive, and in those that are joined to its end. */
function* tarEntries(file: TarFile, onPassed: OnPassed): Generator<TarEntry, void, undefined> {
  let extension: Extension = {};
  let zeros = 0;
  for (let at = 0; ; ) {
    const header = file.read(at, block);
    if (header.length < block) {
      if (zeros > 0) return;
      throw truncated(file, 'without its end mark');
    }
    if (header.every((byte) => byte === 0)) {
      zeros++;
      at += block;
      continue;
    }
    const found = isHeader(header);
    if (zeros > 0) onPassed(behindZeros(zeros, found), `${basename(file.path)} from byte ${at}`);
    if (!found && zeros > 1) return;
    if (!found) throw noHeader(file, header, at);
    zeros = 0;
    const entry = entryAt(file, { header, at }, extension);
    const { offset, bytes, type } = entry;
    at = offset + Math.ceil(bytes / block) * block;
    if (!(bytes >= 0 && at <= file.bytes)) {
      throw truncated(file, `in the middle of ${JSON.stringify(entry.name)}`);
    }
    const isExtension = 'LKxg'.includes(type);
    if (!isExtension) yield entry;
    extension = isExtension ? { ...extension, ...readExtension(file, type, entry) } : {};
  }
}

function behindZeros(zeros: number, isArchive: boolean): string {
  if (zeros === 1) return 'lone blocks of zeros in archives, read on behind them';
  return isArchive
    ? 'archives joined to the end of another, read too'
    : 'archives with other bytes behind their end, passed over';
}

function entryAt(
  file: TarFile,
  { header, at }: { readonly header: Buffer; readonly at: number },
  extension: Extension,
): TarEntry {
  const type = String.fromCharCode(header[156] as number);
  const isExtension = 'LKxg'.includes(type);
  const told = isExtension ? undefined : extension.bytes;
  return {
    name: extension.name ?? ustarName(header),
    link: extension.link ?? text(header, 157, 100),
    type,
    isSparse: type === 'S' || extension.sparse === true,
    // Links, folders and devices have no bytes, whatever size they tell.
    bytes: '123456'.includes(type) ? 0 : (told ?? number(header, 124, 12)),
    offset: type === 'S' ? behindSparseMaps(file, header, at) : at + block,
  };
}

/** GNU's old format puts more of the map of a sparse file into blocks of their own. */
function behindSparseMaps(file: TarFile, header: Buffer, at: number): number {
  let end = at + block;
  for (let isFollowed = header[482] !== 0; isFollowed; end += block) {
    isFollowed = readAt(file, end, block)[504] !== 0;
  }
  return end;
}
