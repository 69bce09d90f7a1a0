/** All about a run but its numbers. */
import { heldLocks, RunDirectory, UmMaeError } from 'um-mae/runs';
import type { RunDetails, SkippedFile } from '../../shared/protocol.js';
import { NotFoundError } from '../errors.js';
import type { ShownFolder } from '../files/inside.js';
import { readHead } from '../files/read.js';
import type { Run } from './run.js';

const skippedBytes = 2 ** 16;

export async function detailsOf(run: Run, folder: ShownFolder): Promise<RunDetails> {
  const summary = await run.summary(await heldLocks());
  const recipe = await run.recipe().catch(ofReader(undefined));
  return {
    summary,
    recipe: recipe?.text ?? '',
    environment: leaves(await run.environment()),
    processes: await run.processes(),
    ...(await skippedOf(run, folder)),
    pictures: await run.pictures(),
    sheet: recipe?.sheet ?? null,
    features: await run.features(),
    logs: await run.logs(),
  };
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
    const { step, path, reason } = JSON.parse(line);
    return [{ step: Number(step), path: String(path), reason: String(reason) }];
  } catch {
    return [];
  }
}

/** `{a: {b: 1}}` as `a.b` and `1`. */
function leaves(group: object, prefix = ''): [string, string][] {
  return Object.entries(group).flatMap(([key, value]): [string, string][] => {
    const path = `${prefix}${key}`;
    const isList = Array.isArray(value) && value.every((item) => typeof item !== 'object');
    if (isList) return [[path, value.join(' ')]];
    if (typeof value === 'object' && value !== null) return leaves(value, `${path}.`);
    return [[path, String(value)]];
  });
}
