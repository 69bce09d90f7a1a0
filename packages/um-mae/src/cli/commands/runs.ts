/** `um-mae runs`: lists runs, makes finished ones smaller, and deletes some. */
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { at } from '../../at.js';
import { counted } from '../../counted.js';
import { CheckpointError, UmMaeError } from '../../errors.js';
import { bytesOfRun, entryOf, listRuns, type RunEntry } from '../../housekeeping/list-runs.js';
import { prunableIn, pruneRun } from '../../housekeeping/prune-run.js';
import { checkRun, keptFeatures, removeRun } from '../../housekeeping/remove-run.js';
import { printable, printableLine } from '../../printable.js';
import { findRuns } from '../../training/run-files/find-runs.js';
import { RunDirectory } from '../../training/run-files/run-directory.js';
import { heldLocks } from '../../training/run-files/run-lock.js';
import { place } from '../flags/option-values.js';
import { bytes, compact, duration, percent } from '../output/format.js';
import { shellWord } from '../output/shell-word.js';

interface ListFlags {
  readonly json?: boolean;
}

interface ChangeFlags extends ListFlags {
  readonly yes?: boolean;
}

/** `--json` is an option of all three, which the first one reads. */
export function addRuns(command: Command): void {
  command
    .argument('[folder]', 'folder of runs, at any of four levels, or one run', place, 'runs')
    .option('--json', 'print one JSON object per line')
    .action(list);
  command
    .command('prune')
    .description(
      'Make finished runs smaller: without the state of the optimizer, which only --resume and --extend need, and without the pictures that event files for TensorBoard repeat',
    )
    .argument('<run...>', 'runs, or folders of runs, of which finished ones are taken')
    .option('--yes', 'do not ask')
    .option('--json', 'print one JSON object per run')
    .action((paths, _, own) => prune(paths, own.optsWithGlobals()));
  command
    .command('remove')
    .description('Delete runs, with everything in their folders, and RUN.features beside them')
    .argument('<run...>', 'runs')
    .option('--yes', 'do not ask')
    .option('--json', 'print one JSON object per run')
    .action((paths, _, own) => remove(paths, own.optsWithGlobals()));
}

/** A run that is to be changed, and the bytes that this frees. */
interface Chosen {
  readonly path: string;
  readonly bytes: number;
  /** The folder of features that goes with it. */
  readonly features?: string | undefined;
}

/** The folders of a run that is to be changed, in words. */
function foldersOf({ path, features }: Chosen): string {
  return [path, ...(features === undefined ? [] : [features])].map(shellWord).join(' and ');
}

async function list(folder: string, { json }: ListFlags): Promise<void> {
  const runs = await listRuns(folder);
  if (json) for (const run of runs) console.log(JSON.stringify(run));
  else if (runs.length === 0) console.log(printableLine(`No runs in ${folder}.`));
  else printTable(runs);
}

function printTable(runs: readonly RunEntry[]): void {
  const rows = [
    ['run', 'state', 'done', 'score', 'trained', 'size'],
    ...runs.map((run) => [
      run.path,
      run.state,
      run.steps === null ? '-' : percent(Math.min(1, run.step / run.steps)),
      describeScore(run),
      duration(run.elapsedSeconds),
      bytes(run.bytes),
    ]),
  ];
  const widths = [0, 1, 2, 3, 4, 5].map((column) =>
    Math.max(...rows.map((row) => at(row, column).length)),
  );
  const isWord = (column: number) => column < 2 || column === 3;
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      isWord(column) ? cell.padEnd(at(widths, column)) : cell.padStart(at(widths, column)),
    );
    console.log(printableLine(cells.join('  ').trimEnd()));
  }
  for (const { path, problem, reason } of runs) {
    const told = problem ?? reason;
    if (told !== null) console.log(printableLine(`${path}: ${told}`));
  }
  const size = bytes(runs.reduce((sum, run) => sum + run.bytes, 0));
  console.log(`${counted(runs.length, 'run')}, ${size}`);
}

function describeScore({ score, loss }: RunEntry): string {
  if (!score) return loss === null ? '-' : `loss ${compact(loss, 4)}`;
  return `${score.name} ${score.isShare ? percent(score.value) : compact(score.value, 4)}`;
}

/** @throws CheckpointError when a run that is named is not finished */
async function prune(paths: readonly string[], flags: ChangeFlags): Promise<void> {
  const locks = await heldLocks();
  const chosen: Chosen[] = [];
  for (const path of paths) {
    const isOne = new RunDirectory(path).exists;
    const found = isOne ? [path] : (await findRuns(path)).map((name) => join(path, name));
    if (found.length === 0) await checkRun(path);
    for (const run of found) {
      const { state } = await entryOf(run, locks);
      if (state === 'finished') {
        const { optimizer, pictures } = await prunableIn(run);
        if (optimizer + pictures > 0) chosen.push({ path: run, bytes: optimizer + pictures });
      } else if (isOne) throw unfinished(run, state);
    }
  }
  if (chosen.length === 0) {
    if (!flags.json) console.log('Nothing to prune: no finished run has more than it needs.');
    return;
  }
  const size = bytes(chosen.reduce((sum, run) => sum + run.bytes, 0));
  const what = `${size} of ${counted(chosen.length, 'finished run')}, which then can be neither resumed nor extended`;
  if (!(await isAgreed(`Delete ${what}`, chosen, flags))) return;
  for (const { path, bytes: freed } of chosen) {
    await pruneRun(path);
    tell(flags, { path, freed }, `Pruned ${path}: ${bytes(freed)}`);
  }
}

function unfinished(path: string, state: string): CheckpointError {
  return new CheckpointError(
    `Expected a finished run to prune at ${path} but got one that is ${state}.`,
  );
}

/** @throws CheckpointError before anything is deleted when one is no run, or is at work */
async function remove(paths: readonly string[], flags: ChangeFlags): Promise<void> {
  const locks = await heldLocks();
  const chosen: (Chosen & { readonly features: string | undefined })[] = [];
  for (const path of paths) {
    await checkRun(path);
    const { state } = await entryOf(path, locks);
    if (state === 'running' || state === 'stalled') {
      throw new CheckpointError(
        `Expected no process at work in ${path} but got a run that is ${state}.\nEnd it first.`,
      );
    }
    chosen.push({
      path,
      bytes: await bytesOfRun(path),
      features: await keptFeatures(path),
    });
  }
  const size = bytes(chosen.reduce((sum, run) => sum + run.bytes, 0));
  if (!(await isAgreed(`Delete ${counted(chosen.length, 'run')}, ${size}`, chosen, flags))) return;
  for (const run of chosen) {
    const { path, bytes: freed, features = null } = run;
    await removeRun(path);
    tell(flags, { path, features, freed }, `Deleted ${foldersOf(run)}: ${bytes(freed)}`);
  }
}

function tell({ json }: ChangeFlags, report: object, text: string): void {
  console.log(json ? JSON.stringify(report) : printable(text));
}

/** Asks at the terminal. @throws UmMaeError where there is none, and nobody has said yes */
async function isAgreed(
  question: string,
  runs: readonly Chosen[],
  { yes }: ChangeFlags,
): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UmMaeError(
      'runs',
      'Expected a terminal to ask at, or --yes, but got neither: nothing is deleted.',
    );
  }
  for (const run of runs) console.error(printableLine(`  ${foldersOf(run)}  ${bytes(run.bytes)}`));
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question}? [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
