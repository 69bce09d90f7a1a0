/** All about a run but its numbers. */
import { join } from 'node:path';
import { heldLocks, leavesOf, parseJson, RunDirectory, UmMaeError } from 'um-mae/runs';
import type { RunDetails, SkippedFile } from '../../shared/protocol/run-details.js';
import type { RunSummary } from '../../shared/protocol/runs.js';
import { NotFoundError } from '../errors.js';
import type { ShownFolder } from '../files/inside.js';
import { readHead } from '../files/read.js';
import type { Run } from './run.js';
import type { RunFolder } from './run-folder.js';

const skippedBytes = 2 ** 16;

/** @param command the program as users type it */
export async function detailsOf(run: Run, folder: RunFolder, command: string): Promise<RunDetails> {
  const summary = await run.summary(await heldLocks());
  const recipe = await run.recipe().catch(ofReader(undefined));
  const typed = { command, run: inShell(join(folder.shown.name, run.path)) };
  return {
    summary,
    typed,
    ending: await endingOf(run, summary, typed),
    origin: await folder.originOf(recipe?.from ?? null),
    recipe: recipe?.text ?? '',
    environment: leavesOf(await run.environment()),
    processes: await run.processes(),
    ...(await skippedOf(run, folder.shown)),
    pictures: await run.pictures(),
    sheet: recipe?.sheet ?? null,
    features: await run.features(),
    logs: await run.logs(),
  };
}

/** The way in which a run has ended before its time, and how it goes on; null for others. */
async function endingOf(
  run: Run,
  { state, command }: RunSummary,
  typed: RunDetails['typed'],
): Promise<RunDetails['ending']> {
  if (state !== 'failed' && state !== 'stopped') return null;
  const failure = await run.failure();
  return {
    reason: failure?.reason ?? null,
    savedStep: await run.savedStep(),
    command: `${typed.command} ${command ?? 'pretrain'} --resume --out ${typed.run}`,
  };
}

/** A path as it is typed in a shell. */
function inShell(path: string): string {
  return /^[\w@%+:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** Returns a fallback for a missing or damaged file, which the summary reports already. */
function ofReader<Value>(instead: Value): (error: unknown) => Value {
  return (error) => {
    if (!(error instanceof UmMaeError)) throw error;
    return instead;
  };
}

async function skippedOf(
  run: Run,
  folder: ShownFolder,
): Promise<Pick<RunDetails, 'skipped' | 'moreSkipped'>> {
  try {
    const parts = run.place(new RunDirectory('').skipped);
    const { text, isCut } = await folder.withFile(parts, (file) => readHead(file, skippedBytes));
    return { skipped: text.split('\n').flatMap(parseSkipped), moreSkipped: isCut };
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    return { skipped: [], moreSkipped: false };
  }
}

/** @returns nothing for a damaged line */
function parseSkipped(line: string): SkippedFile[] {
  try {
    const { step, path, reason } = Object(parseJson(line));
    return [{ step: Number(step), path: String(path), reason: String(reason) }];
  } catch {
    return [];
  }
}
