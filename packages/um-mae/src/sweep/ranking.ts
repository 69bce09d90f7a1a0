/** The settings of a sweep over their seeds, the best one first. */
import { kindOf } from '../recipes/kind.js';
import type { Setting } from './grid.js';
import type { Scores } from './run-outcome.js';

/** The state of one run of a sweep; `waiting`: not begun, or stopped on the way. */
export type SweptRunState = 'finished' | 'failed' | 'waiting';

/** One run of a sweep, and what came of it. */
export interface SweepRun {
  readonly name: string;
  readonly directory: string;
  readonly varied: Setting['varied'];
  readonly seed: number | null;
  readonly state: SweptRunState;
  readonly scores: Scores;
}

/** A score over the seeds of a setting. */
export interface SeedScore {
  readonly mean: number;
  /** The sample's standard deviation, of n - 1; null of one run. */
  readonly deviation: number | null;
  readonly runs: number;
}

/** A combination of values, and its scores over the finished runs of all seeds. */
export interface RankedSetting {
  readonly varied: Setting['varied'];
  readonly runs: readonly SweepRun[];
  readonly scores: Readonly<Record<string, SeedScore>>;
}

/** The score that settings are ordered by. */
export interface RankingScore {
  readonly name: string;
  readonly isBetter: 'higher' | 'lower';
}

/** All settings of a sweep. */
export interface Ranking {
  /** Null where no run has a score to order by; settings are then in the order of the grid. */
  readonly by: RankingScore | null;
  readonly settings: readonly RankedSetting[];
}

/**
 * Orders settings by the mean of the score that decides: of fine-tuning the primary one, of
 * pre-training the linear probe, else the nearest neighbours, else the loss. Settings without a
 * finished run come last.
 *
 * @param task the name of the task in recipes
 */
export function rank(runs: readonly SweepRun[], task: string): Ranking {
  const keyOf = ({ varied }: SweepRun) => JSON.stringify(varied);
  const keys = [...new Set(runs.map(keyOf))];
  const settings = keys.map((key) => overSeeds(runs.filter((run) => keyOf(run) === key)));
  const by = scoreFor(task, settings);
  if (!by) return { by, settings };
  const worst = by.isBetter === 'higher' ? -Infinity : Infinity;
  const value = ({ scores }: RankedSetting) => scores[by.name]?.mean ?? worst;
  const sign = by.isBetter === 'higher' ? -1 : 1;
  const order = (a: RankedSetting, b: RankedSetting) =>
    value(a) === value(b) ? 0 : sign * (value(a) - value(b));
  return { by, settings: settings.toSorted(order) };
}

function scoreFor(task: string, settings: readonly RankedSetting[]): RankingScore | null {
  const { primaryScore } = kindOf({ task });
  const ofFeatures = ['linearProbe', 'neighbours'].map(
    (name): RankingScore => ({ name, isBetter: 'higher' }),
  );
  const candidates = primaryScore
    ? [primaryScore]
    : [...ofFeatures, { name: 'loss', isBetter: 'lower' } as const];
  const isThere = ({ name }: RankingScore) => settings.some(({ scores }) => name in scores);
  return candidates.find(isThere) ?? null;
}

function overSeeds(runs: readonly SweepRun[]): RankedSetting {
  const finished = runs.filter(({ state }) => state === 'finished');
  const names = [...new Set(finished.flatMap(({ scores }) => Object.keys(scores)))];
  const scores = names.map((name) => {
    const values = finished.flatMap((run) => run.scores[name] ?? []);
    return [name, summaryOf(values)] as const;
  });
  const varied = runs[0]?.varied ?? {};
  return { varied, runs, scores: Object.fromEntries(scores) };
}

function summaryOf(values: readonly number[]): SeedScore {
  const runs = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / runs;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: runs > 1 ? Math.sqrt(squares / (runs - 1)) : null, runs };
}

/** A table of all runs for spreadsheets, after RFC 4180: a row for each run. */
export function runsAsCsv(runs: readonly SweepRun[]): string {
  const paths = [...new Set(runs.flatMap(({ varied }) => Object.keys(varied)))];
  const names = [...new Set(runs.flatMap(({ scores }) => Object.keys(scores)))];
  const rows = runs.map(({ name, varied, seed, state, scores }) => [
    name,
    ...paths.map((path) => varied[path] ?? ''),
    seed === null ? '' : `${seed}`,
    state,
    ...names.map((score) => `${scores[score] ?? ''}`),
  ]);
  const head = ['run', ...paths, 'seed', 'state', ...names];
  return [head, ...rows].map((row) => `${row.map(quoted).join(',')}\r\n`).join('');
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
