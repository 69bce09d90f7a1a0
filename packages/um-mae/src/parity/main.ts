/**
 * `npm run parity -- DIR...` prints the largest differences of each case; without folders, of all
 * cases that are found. It ends with exit code 1 when one is out of tolerance.
 */
import { basename } from 'node:path';
import { scope } from '@um-mae/torch';
import { UmMaeError } from '../errors.js';
import { runClassifierCase } from './classifier-case.js';
import type { Comparison } from './comparison.js';
import { isParityCase, readFixture } from './fixture.js';
import { isModelCase, runModelCase } from './model-case.js';
import { publishedCases, publishedPath } from './published-files.js';
import { runTrainingCase } from './training-case.js';
import { runUtilityCase } from './utility-case.js';

function main(named: readonly string[]): number {
  const folders = named.length > 0 ? named : findCases();
  if (folders.length === 0) {
    process.stderr.write('Expected folders of parity cases but got none.\n');
    return 2;
  }
  const failures = folders.map((folder) => {
    process.stdout.write(`${folder}\n`);
    if (isDense(folder)) {
      process.stdout.write('not supported yet\n\n');
      return 1;
    }
    return report(compare(folder));
  });
  return failures.some((count) => count > 0) ? 1 : 0;
}

/** Cases of segmentation and detection. */
function isDense(folder: string): boolean {
  return /^(?:seg|det)_/.test(basename(folder));
}

/** The folders of all cases but those of tasks that there are not, of which it says so. */
function findCases(): string[] {
  const names = publishedCases();
  const dense = names.filter(isDense);
  if (dense.length > 0) {
    const list = dense.join(', ');
    process.stdout.write(`Passed over ${dense.length} cases of dense tasks: ${list}.\n\n`);
  }
  const folders = names.filter((name) => !isDense(name)).map(publishedPath);
  return folders.filter(isParityCase);
}

function compare(folder: string): Comparison[] {
  return scope(() => {
    const fixture = readFixture(folder);
    if ('classifier' in fixture) return runClassifierCase(fixture);
    if (!('model' in fixture)) return runUtilityCase(fixture.json);
    return isModelCase(fixture.json) ? runModelCase(fixture) : runTrainingCase(fixture);
  });
}

/** Prints the rows, and returns how many are out of tolerance. */
function report(rows: readonly Comparison[]): number {
  const failed = rows.filter((row) => !row.passed).length;
  process.stdout.write(`${table(rows)}\n`);
  process.stdout.write(`${rows.length - failed} of ${rows.length} within tolerance\n\n`);
  return failed;
}

function table(rows: readonly Comparison[]): string {
  const width = Math.max(...rows.map((row) => row.name.length));
  const number = (value: number) => value.toExponential(1).padStart(9);
  const head = `${''.padEnd(width)}  absolute  relative  tolerance`;
  const lines = rows.map((row) =>
    [
      row.name.padEnd(width),
      number(row.absolute),
      number(row.relative),
      row.tolerance === 0 ? '    exact' : number(row.tolerance),
      row.passed ? '' : '  OUT OF TOLERANCE',
    ].join(' '),
  );
  return [head, ...lines].join('\n');
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UmMaeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
