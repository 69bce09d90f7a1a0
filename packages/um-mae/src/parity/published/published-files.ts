/**
 * Finds the numbers of the published implementation: all of them beside the project if they are
 * there, otherwise the smallest ones, which the repository has.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tensor } from '@um-mae/torch';
import { readSafetensors } from '@um-mae/torch/serialization';

/** The cases of the repository. */
export const ownCases = fileURLToPath(new URL('../../../fixtures/parity/', import.meta.url));

const allCases = fileURLToPath(new URL('../../../../../../shared/fixtures/', import.meta.url));

/** The path of a file or folder such as `util/case.json`, whether it is there or not. */
export function publishedPath(name: string): string {
  return join(existsSync(allCases) ? allCases : ownCases, name);
}

/** Whether a file or folder exists. The repository does not have all of them. */
export function isPublished(name: string): boolean {
  return existsSync(publishedPath(name));
}

/**
 * The names of the folders with a `case.json`, in alphabetical order; none in an installed package.
 */
export function publishedCases(): string[] {
  const folder = publishedPath('.');
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  return names.filter((name) => existsSync(join(folder, name, 'case.json')));
}

/** The text of a file, such as `util/case.json`. */
export function publishedText(name: string): string {
  return readFileSync(publishedPath(name), 'utf8');
}

/** The tensors of a safetensors file, such as `util/losses.safetensors`, by name. */
export function publishedTensors(name: string): ReadonlyMap<string, Tensor> {
  return readSafetensors(publishedPath(name)).tensors;
}
