/** The smallest parity cases on a device, against what the published implementation computed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Comparison } from '../parity/comparison.js';
import { ownCases } from '../parity/published/published-files.js';
import { runCase } from '../parity/run-case.js';
import { attempt, type Check } from './check.js';

/** One of each objective, a short training run, and a classifier. */
const names = [
  ...['um_mae_swin_plain', 'mae_vit_random', 'simmim_pvt'],
  ...['train_um_mae_swin', 'ft_vit_80_cls'],
];

/** A sentence about the cases that a folder lacks, if any; by default those that come along. */
export function missingCases(folder = ownCases): string | undefined {
  const missing = names.filter((name) => !isThere(folder, name));
  if (missing.length === 0) return undefined;
  const found = existsSync(folder) ? `it lacks ${missing.join(', ')}` : 'there is no such folder';
  return `Expected parity cases in ${folder} but ${found}; the other checks were made.`;
}

function isThere(folder: string, name: string): boolean {
  return existsSync(join(folder, name, 'case.json'));
}

/** Yields for every case at hand the tensor that is nearest to its tolerance or farthest beyond. */
export function* parityChecks(device: string, folder = ownCases): Iterable<Check> {
  for (const name of names.filter((each) => isThere(folder, each))) {
    const subject = { what: `parity case ${name}`, precision: 'f32' };
    yield* attempt(subject, () => [{ ...subject, ...worst(runCase(join(folder, name), device)) }]);
  }
}

function worst(rows: readonly Comparison[]): Omit<Check, 'what' | 'precision'> {
  // NaN is worse than any number.
  const excess = ({ absolute, tolerance, passed }: Comparison) =>
    passed ? absolute / (tolerance || 1) : absolute / tolerance || Number.POSITIVE_INFINITY;
  const [first, ...rest] = rows;
  if (!first) return { difference: Number.NaN, allowed: 0, passed: false, reason: 'nothing there' };
  const row = rest.reduce((most, next) => (excess(next) > excess(most) ? next : most), first);
  const { name, absolute, relative, tolerance, passed } = row;
  const allowed = absolute === 0 ? tolerance : (tolerance * relative) / absolute;
  return { difference: relative, allowed, passed, ...(passed ? {} : { reason: name }) };
}
