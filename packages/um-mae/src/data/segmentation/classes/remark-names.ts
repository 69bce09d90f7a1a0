/** Notes on sets whose own names of classes are not those that a trained network gives them. */

import type { Remark } from '../../sources/remarks.js';
import type { PairedImages } from '../paired-images.js';
import type { ClassRule } from './class-rules.js';
import { ownRules } from './resolve-classes.js';

/** The names that values have where nothing names them. */
const unnamed = /^class \d+$/;
const kept = 5;

/** @param classes those by which the masks are read */
export function remarkNames(set: PairedImages, classes: readonly ClassRule[]): Remark[] {
  const names = classes.map(({ name }) => name);
  if (names.every((name) => unnamed.test(name))) return [];
  const isColoured = classes.some(({ masks }) => masks.some((value) => typeof value === 'string'));
  const own = ownRules(set, { isColoured, palette: [] });
  if (!own) return remark('classes without a name beside the masks, known by their values', names);
  const others = own.rules.classes.map(({ name }) => name);
  const odd = names.filter((name, i) => name !== others[i]);
  return remark(`classes of the run that have other names in ${own.source}`, odd);
}

function remark(what: string, names: readonly string[]): Remark[] {
  return names.length === 0 ? [] : [{ what, count: names.length, examples: names.slice(0, kept) }];
}
