/**
 * Checkpoints of PyTorch (`.pth`, `.pt`, `.bin`), without Python: a pickle of plain data, and the
 * storages of its tensors.
 *
 * Source: PyTorch, torch/serialization.py. Since 1.6 a file is a zip archive with the pickle in
 * `data.pkl` and the storages in `data/`; before, it was a sequence of pickles with the storages
 * behind.
 */
import { scope } from '../tensor/scope.js';
import { Tensor } from '../tensor/tensor.js';
import { ByteReader, readBytes } from './byte-reader.js';
import { legacyParts } from './legacy-form.js';
import { type Picklable, pickle } from './pickle/pickle.js';
import type { StorageReference } from './pickle/stored-tensor.js';
import { PickleMap, type PickleTree, TreeBuilder } from './pickle/tree.js';
import { unpickle } from './pickle/unpickle.js';
import { readFile } from './read-file.js';
import { refusalIn } from './refusal.js';
import { replaceFile } from './replace-file.js';
import { type OpenFile, type Parts, type StoragePlace, tensorMaker } from './storages.js';
import { checkEntry } from './zip/zip-checksum.js';
import { readZipEntries } from './zip/zip-reader.js';
import { ZipWriter } from './zip/zip-writer.js';

/**
 * Reads a whole file. Nothing in it is executed, and every tensor lies on the CPU.
 *
 * @throws SerializationError when the file cannot be read, is damaged, or asks for anything but
 *   tensors and plain data; the message names what it asked for
 */
export function readTorchFile(path: string): PickleTree {
  return readFile(path, (file, size) =>
    scope(() => readOpen({ file, size, refuse: refusalIn(path) })),
  );
}

function readOpen(open: OpenFile): PickleTree {
  const { value, locate } = partsOf(open);
  return new TreeBuilder(tensorMaker(open, locate), open.refuse).build(value);
}

function partsOf(open: OpenFile): Parts {
  const { file, size, refuse } = open;
  const start = readBytes(file, 0, Math.min(size, 4));
  if (start.toString('latin1') === 'PK\x03\x04') return zipParts(open);
  if (start[0] === 0x80) return legacyParts(open);
  const found = size === 0 ? 'an empty file' : `a file that begins with ${start.toString('hex')}`;
  return refuse('a PyTorch checkpoint', found);
}

function zipParts({ file, size, refuse }: OpenFile): Parts {
  const entries = readZipEntries(file, size, refuse);
  const [main, second] = [...entries.values()].filter(({ name }) =>
    /^[^/]+\/data\.pkl$/.test(name),
  );
  if (!main || second) return refuse('one data.pkl', main ? 'two' : 'none');
  const folder = main.name.slice(0, -'data.pkl'.length);
  const order = entries.get(`${folder}byteorder`);
  checkEntry(file, main, refuse);
  const isBig = order && readBytes(file, order.begin, 3).toString() === 'big';
  if (isBig) refuse('numbers with their lowest byte first', 'big-endian ones');
  const locate = ({ key, name, bytes }: StorageReference): StoragePlace => {
    const entry = entries.get(`${folder}data/${key}`);
    if (!entry) return refuse(name, 'none');
    const { begin, end, checksum } = entry;
    if (end - begin === bytes) return { position: begin, checksum };
    return refuse(`${bytes} bytes of ${name}`, `${end - begin}`);
  };
  return { ...unpickle(new ByteReader(file, main, refuse)), locate };
}

/** Tensors by name where the value is a dict of nothing but tensors. */
export function stateDict(value: PickleTree | undefined): Map<string, Tensor> | undefined {
  if (!(value instanceof PickleMap) || value.size === 0) return undefined;
  const state = new Map<string, Tensor>();
  for (const [name, item] of value) {
    if (typeof name !== 'string' || !(item instanceof Tensor)) return undefined;
    state.set(name, item);
  }
  return state;
}

/**
 * Writes a file that `torch.load` reads, PyTorch 1.13 or later, with `weights_only` too;
 * atomically.
 *
 * @param value tensors become dense ones on the CPU
 * @throws SerializationError naming the path and the reason
 */
export function writeTorchFile(path: string, value: Picklable): void {
  const { bytes, storages } = pickle(value);
  replaceFile(path, (append) => {
    const archive = new ZipWriter(append);
    archive.add('archive/data.pkl', bytes);
    archive.add('archive/byteorder', Buffer.from('little'));
    for (const [key, storage] of storages.entries()) {
      archive.add(`archive/data/${key}`, new Uint8Array(storage.toArray().buffer));
    }
    archive.add('archive/version', Buffer.from('3\n'));
    archive.finish();
  });
}
