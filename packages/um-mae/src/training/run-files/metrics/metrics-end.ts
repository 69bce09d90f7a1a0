/**
 * Reads the state of a run from the last lines of its metrics, so that a list of many runs need not
 * read all lines.
 */

import { recipeKinds } from '../../../recipes/kind.js';
import { type Duration, inSteps } from '../../../recipes/schedule/duration.js';
import type { ProcessPaces } from './metrics-line.js';
import { numberOf, parseLine } from './read-line.js';
import { processesOf } from './read-processes.js';

export interface MetricsEnd {
  readonly step: number;
  /** Epochs done, with a fraction. */
  readonly epoch: number;
  readonly loss: number | null;
  readonly imagesPerSecond: number | null;
  /** The duration of training so far. */
  readonly elapsedSeconds: number;
  /** The newest score of an evaluation or a probe. */
  readonly score: {
    readonly name: string;
    readonly value: number;
    readonly isShare: boolean;
  } | null;
  /** The processes of the last step; undefined where it had one. */
  readonly processes: ProcessPaces | undefined;
  /** The time between two lines of steps; undefined before there are two. */
  readonly lineSeconds: number | undefined;
  /** The duration of one step. */
  readonly stepSeconds: number | undefined;
}

/**
 * The steps of the whole run, judged by those that are done.
 *
 * @returns null before the first line of metrics
 *
 * @example
 * ```ts
 * import { plannedSteps } from 'um-mae/runs';
 *
 * const recipe = { duration: { epochs: 20 }, imagesPerStep: 32 };
 * console.log(plannedSteps(recipe, { step: 30, epoch: 1.5 })); // 400
 * ```
 */
export function plannedSteps(
  { duration, imagesPerStep }: { readonly duration: Duration; readonly imagesPerStep: number },
  { step, epoch }: Pick<MetricsEnd, 'step' | 'epoch'>,
): number | null {
  const stepsPerEpoch = epoch > 0 ? Math.round(step / epoch) : 0;
  return step > 0 ? inSteps(duration, { stepsPerEpoch, imagesPerStep }) : null;
}

/**
 * @param text whole lines, but for the last one
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { readEnd, RunDirectory } from 'um-mae/runs';
 *
 * const { metrics } = new RunDirectory('runs/photos');
 * const { step, epoch } = readEnd(await readFile(metrics, 'utf8'));
 * console.log(step > 0, epoch); // true 1
 * ```
 */
export function readEnd(text: string): MetricsEnd {
  const lines = text.split('\n').flatMap((line) => parseLine(line) ?? []);
  const steps = lines.filter(({ kind }) => kind === 'step');
  const [first, last] = [steps.at(-Math.min(steps.length, 50)), steps.at(-1)];
  const timed = lines.filter(({ kind }) => kind === 'step' || kind === 'epoch').at(-1);
  const seconds = first && last ? elapsed(last) - elapsed(first) : 0;
  const between = Math.min(steps.length, 50) - 1;
  return {
    step: timed?.step ?? 0,
    epoch: timed?.epoch ?? 0,
    loss: timed ? (numberOf(timed, 'loss') ?? null) : null,
    imagesPerSecond: timed ? (numberOf(timed, 'imagesPerSecond') ?? null) : null,
    elapsedSeconds: timed ? elapsed(timed) : 0,
    score: scoreOf(lines),
    processes: last && processesOf(last),
    lineSeconds: between > 0 ? seconds / between : undefined,
    stepSeconds: first && last && between > 0 ? seconds / (last.step - first.step) : undefined,
  };
}

function elapsed(line: object): number {
  return numberOf(line, 'elapsedSeconds') ?? 0;
}

/** The scores that say most of a run, in this order. */
const headlines = recipeKinds.flatMap(({ scores, primaryScore }) =>
  scores.filter(({ name, format }) => format === 'share' || name === primaryScore?.name),
);

/** The newest, by the first name that it has. */
function scoreOf(lines: readonly { readonly kind: string }[]): MetricsEnd['score'] {
  for (const line of lines.toReversed()) {
    if (line.kind !== 'watch' && line.kind !== 'evaluation') continue;
    for (const { name, label, format } of headlines) {
      const value = numberOf(line, name);
      if (value !== undefined) return { name: label, value, isShare: format === 'share' };
    }
  }
  return null;
}
