/**
 * PyTorch files from before 1.6: a sequence of pickles, then the storages.
 *
 * Source: PyTorch, torch/serialization.py, `_legacy_save`.
 */
import { ByteReader } from './byte-reader.js';
import type { StorageReference } from './pickle/stored-tensor.js';
import { PickleMap } from './pickle/tree.js';
import { unpickle } from './pickle/unpickle.js';
import type { OpenFile, Parts } from './storages.js';

const magic = 0x1950a86a20f9469cfc6cn;
const version = 1001;

export function legacyParts(open: OpenFile): Parts {
  const { file, size, refuse } = open;
  const input = new ByteReader(file, { begin: 0, end: size }, refuse);
  if (unpickle(input).value !== magic) refuse('a PyTorch checkpoint', 'another pickle');
  if (unpickle(input).value !== version) refuse('a PyTorch checkpoint', 'one of another version');
  const system = unpickle(input).value;
  const isLittle = system instanceof PickleMap && system.get('little_endian') === true;
  if (!isLittle) refuse('numbers with their lowest byte first', 'others');
  const { value, storages } = unpickle(input);
  const keys = unpickle(input).value;
  if (!Array.isArray(keys)) return refuse('a list of storages', 'another value');

  const used = keys.map((key) => storages.get(key) ?? refuse('storages of tensors', 'another'));
  const positions = storagePositions(used, input.position, open);
  const locate = ({ key, name }: StorageReference) => ({
    position: positions.get(key) ?? refuse(name, 'none'),
    checksum: undefined,
  });
  return { value, storages, locate };
}

/** Each storage lies behind the count of its elements. */
function storagePositions(
  storages: readonly StorageReference[],
  begin: number,
  { file, size, refuse }: OpenFile,
): Map<string, number> {
  const positions = new Map<string, number>();
  let position = begin;
  for (const { key, name, elements, bytes } of storages) {
    const start = new ByteReader(file, { begin: position, end: size }, refuse);
    const counted = start.take(8).readBigUInt64LE();
    if (counted !== BigInt(elements)) refuse(`${elements} elements of ${name}`, `${counted}`);
    position += 8;
    if (position + bytes > size) refuse(`${bytes} bytes of ${name}`, `${size - position}`);
    positions.set(key, position);
    position += bytes;
  }
  return positions;
}
