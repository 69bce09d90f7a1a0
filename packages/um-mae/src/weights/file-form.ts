/** Tells the kind of a file of weights by its first bytes: names end in anything. */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { CheckpointError } from '../errors.js';
import { describeFailure } from '../files/file-errors.js';
import { readFlags } from '../files/file-names.js';

/** The forms of weights that are read; an index names the files of a model in shards. */
export type FileForm = 'safetensors' | 'pytorch' | 'index';

const endings: readonly (readonly [pattern: RegExp, form: FileForm])[] = [
  [/\.index\.json$/i, 'index'],
  [/\.safetensors$/i, 'safetensors'],
  [/\.(pth|pt|bin|ckpt|tar|pkl|pyth|model|th)$/i, 'pytorch'],
];

/** Kinds of file that people take for weights, by what they begin with. */
const others: readonly (readonly [start: string, kind: string])[] = [
  ['version https://git-lfs', 'a pointer of Git LFS, not the file; fetch it by git lfs pull'],
  ['<!doctype', 'a web page, perhaps of a download that needs a login'],
  ['<html', 'a web page, perhaps of a download that needs a login'],
  ['<?xml', 'XML'],
  ['{', 'JSON'],
  ['[', 'JSON'],
  ['\x89hdf', 'HDF5, the form of Keras'],
  ['gguf', 'GGUF, the form of llama.cpp'],
  ['\x93numpy', 'a NumPy array'],
  ['\x1f\x8b', 'a gzip file; unpack it'],
  ['\x28\xb5\x2f\xfd', 'a zstd file; unpack it'],
  ['bzh', 'a bzip2 file; unpack it'],
  ['\xfd7zxz', 'an xz file; unpack it'],
  ['7z\xbc\xaf', 'a 7z file; unpack it'],
  ['rar!', 'a rar file; unpack it'],
];

/** The place and the text by which a tar archive names itself. */
const tarMark = { at: 257, text: 'ustar' } as const;

/**
 * Whether a path names a file of weights; runs, checkpoints and models of Hugging Face are folders.
 */
export function isWeightsFile(path: string): boolean {
  if (existsSync(path)) return !statSync(path).isDirectory();
  return endings.some(([pattern]) => pattern.test(path));
}

/** @throws CheckpointError naming what the file is instead */
export function formOf(path: string): FileForm {
  const named = endings.find(([pattern]) => pattern.test(path))?.[1];
  if (named === 'index') return named;
  const start = firstBytes(path);
  if (start === undefined) return named ?? 'safetensors';
  if (start.startsWith('PK\x03\x04') || isPickle(start)) return 'pytorch';
  // A length below 2^48, then the header.
  if (start.slice(6, 9) === '\0\0{') return 'safetensors';
  const other = otherKind(path, start);
  if (other === undefined && named) return named;
  throw new CheckpointError(
    `Expected weights, a safetensors file or a checkpoint of PyTorch, in ${path} but got ${other ?? 'a file of another kind'}.`,
  );
}

function isPickle(start: string): boolean {
  const protocol = start.charCodeAt(1);
  return start.startsWith('\x80') && protocol >= 2 && protocol <= 5;
}

function otherKind(path: string, start: string): string | undefined {
  if (start.startsWith(tarMark.text, tarMark.at)) return 'a tar archive; unpack it';
  if (/\.onnx$/i.test(path)) return 'ONNX, a graph whose weights have no names of ours';
  const text = start.trimStart().toLowerCase();
  return others.find(([mark]) => text.startsWith(mark.toLowerCase()))?.[1];
}

/**
 * The beginning of a file, as Latin-1; undefined for what cannot be opened, which its reader tells.
 */
function firstBytes(path: string): string | undefined {
  if (!existsSync(path) || !statSync(path).isFile()) return undefined;
  return describeFailure({ verb: 'read', path, as: CheckpointError }, () => {
    const file = openSync(path, readFlags);
    try {
      const bytes = Buffer.alloc(512);
      return bytes.toString('latin1', 0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  });
}
