/** The photos and labels of a case, and the draws that it recorded. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromArray, type Tensor } from '@um-mae/torch';
import type { RgbImage, Size } from '../../../images/geometry/resize.js';
import { type ClassMap, ignoredClass } from '../../../images/masks/class-map.js';
import { readPng } from '../../../images/png/png-file.js';
import { pngNumbers } from '../../../images/png/png-numbers.js';
import type { Random } from '../../../random.js';

/** The folder and the tensors of a case. */
export interface Parts {
  readonly folder: string;
  readonly published: (name: string) => Tensor;
}

/** A photo of a case. */
export function photoOf(folder: string, name: string): RgbImage {
  const { width, height } = sizeOf(folder, name);
  return { width, height, data: Uint8Array.from(numbersOf(folder, name)) };
}

/** The labels of a photo, 255 of which are ignored. */
export function labelOf(folder: string, photo: string): ClassMap {
  const name = photo.replace('photo', 'label');
  const data = Int32Array.from(numbersOf(folder, name), classOf);
  return { ...sizeOf(folder, name), data };
}

/** The class that a published label means. */
export function classOf(level: number): number {
  return level === 255 ? ignoredClass : level;
}

/** Published labels: 255 is ignored. */
export function levelsOf({ data }: ClassMap): Tensor {
  return fromArray(Uint8Array.from(data, (found) => (found === ignoredClass ? 255 : found)));
}

/** The stored numbers of a PNG of a case. */
export function numbersOf(folder: string, name: string): Uint8Array | Uint16Array {
  return pngNumbers(readPng(readFileSync(join(folder, name)), 1 << 24));
}

/** A copy of the bytes of a tensor. */
export function bytesOf(tensor: Tensor): Uint8Array {
  return Uint8Array.from(tensor.contiguous().toArray() as Uint8Array);
}

/** Gives recorded numbers, one after the other. */
export function recorded(numbers: readonly number[]): Random {
  const left = [...numbers];
  return () => left.shift() ?? 0;
}

function sizeOf(folder: string, name: string): Size {
  const { width, height } = readPng(readFileSync(join(folder, name)), 1 << 24);
  return { width, height };
}
