/** `npm run parity -- DIR...`: each case's largest differences; exit code 1 when one is out of tolerance. */
import { scope } from '@um-mae/torch';
import { UmMaeError } from '../errors.js';
import { runClassifierCase } from './classifier-case.js';
import type { Comparison } from './comparison.js';
import { readFixture } from './fixture.js';
import { isModelCase, runModelCase } from './model-case.js';
import { runTrainingCase } from './training-case.js';
import { runUtilityCase } from './utility-case.js';

function main(folders: readonly string[]): number {
  if (folders.length === 0) {
    process.stderr.write(
      'Expected folders of parity cases but got none: npm run parity -- DIR...\n',
    );
    return 2;
  }
  let failures = 0;
  for (const folder of folders) {
    const rows = scope(() => {
      const fixture = readFixture(folder);
      if ('classifier' in fixture) return runClassifierCase(fixture);
      if (!('model' in fixture)) return runUtilityCase(fixture.json);
      return isModelCase(fixture.json) ? runModelCase(fixture) : runTrainingCase(fixture);
    });
    process.stdout.write(`${folder}\n${table(rows)}\n`);
    const failed = rows.filter((row) => !row.passed).length;
    process.stdout.write(`${rows.length - failed} of ${rows.length} within tolerance\n\n`);
    failures += failed;
  }
  return failures === 0 ? 0 : 1;
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
