/**
 * `npm run parity -- [--device cuda] DIR...` prints the largest differences of each case; without
 * folders, of all cases that are found. It ends with exit code 1 when one is out of tolerance.
 */
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { DeviceError, resolveDevice, setThreads, TorchError } from '@um-mae/torch';
import { UmMaeError } from '../errors.js';
import type { Comparison } from './comparison.js';
import { isDetectionCase } from './detection/names.js';
import { isParityCase } from './fixture.js';
import { publishedCases, publishedPath } from './published/published-files.js';
import { runCase } from './run-case.js';

function main(args: readonly string[]): number {
  const { named, device } = parse(args);
  // For CUDA's libraries, which read it when they begin: f32 is to mean f32.
  process.env.NVIDIA_TF32_OVERRIDE = '0';
  resolveDevice(device);
  setThreads();
  const folders = named.length > 0 ? named : findCases();
  if (folders.length === 0) {
    process.stderr.write('Expected folders of parity cases but got none.\n');
    return 2;
  }
  return Math.max(...folders.map((folder) => runFolder(folder, device)));
}

/**
 * Prints one case. A case that cannot be run does not end the others.
 *
 * @returns the exit code: 1 where a number is out of tolerance, 2 where the case cannot be run
 */
function runFolder(folder: string, device: string): number {
  process.stdout.write(`${folder}\n`);
  if (isDense(folder)) {
    process.stdout.write('not supported yet\n\n');
    return 1;
  }
  try {
    return report(runCase(folder, device)) > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isTheirs = error instanceof UmMaeError || error instanceof TorchError;
    process.stdout.write('cannot be run\n\n');
    process.stderr.write(`${isTheirs ? error.message : error.stack}\n`);
    return 2;
  }
}

function parse(args: readonly string[]): { named: readonly string[]; device: string } {
  const options = { device: { type: 'string', default: 'cpu' } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { named: positionals, device: values.device };
  } catch (cause) {
    const message = `Expected [--device NAME] [DIR...] but got \`${args.join(' ')}\`.`;
    throw new UmMaeError('parity', message, { cause });
  }
}

/** Tells a case of detection that nothing computes yet. */
function isDense(folder: string): boolean {
  const name = basename(folder);
  return /^det_/.test(name) && !isDetectionCase(name);
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

/** Prints the rows and what is not compared, and returns how many are out of tolerance. */
function report(all: readonly Comparison[]): number {
  const rows = all.filter(({ reason }) => reason === undefined);
  const failed = rows.filter((row) => !row.passed).length;
  process.stdout.write(`${table(rows)}\n`);
  for (const { name, reason } of all) {
    if (reason !== undefined) process.stdout.write(`not compared: ${name}: ${reason}\n`);
  }
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
  if (!(error instanceof UmMaeError || error instanceof DeviceError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
