/** The columns of the list of runs: those of every list, and one for each value that differs. */
import type { ListedRun } from '../../../shared/protocol/runs.js';
import { ago, duration, percent, significant } from '../../format.js';
import { taskWords, wordsOf } from '../../words.js';

/** A value of a run in a column; null where it has none. */
export type CellValue = string | number | null;

/** A column of the list, which can be sorted by it. */
export interface RunColumn {
  readonly key: string;
  readonly label: string;
  /** A longer name for those who point at it. Default: none. */
  readonly title?: string;
  readonly isNumber: boolean;
  readonly value: (run: ListedRun) => CellValue;
  /** The text of a number; that of the run may tell its kind. */
  readonly format?: (value: number, run: ListedRun) => string;
  /** Whether numbers of several runs have a mean. Default: as `isNumber`. */
  readonly hasMean?: boolean;
}

const name: RunColumn = {
  key: 'name',
  label: 'Run',
  isNumber: false,
  value: (run) => run.name,
};

/** Columns that say what a run is. */
const facts: readonly RunColumn[] = [
  { key: 'state', label: 'State', isNumber: false, value: (run) => run.state },
  { key: 'task', label: 'Task', isNumber: false, value: taskWords },
  { key: 'model', label: 'Model', isNumber: false, value: (run) => run.model },
  {
    key: 'origin',
    label: 'Began from',
    isNumber: false,
    value: ({ origin }) => (origin ? (origin.run?.name ?? origin.from) : null),
  },
];

/** Columns that say how it is doing. */
const measures: readonly RunColumn[] = [
  {
    key: 'step',
    label: 'Progress',
    isNumber: false,
    hasMean: true,
    value: ({ step, steps }) => (steps === null ? null : step / steps),
    format: (share) => percent(share, 0),
  },
  {
    key: 'loss',
    label: 'Loss',
    isNumber: true,
    value: (run) => run.loss,
    format: (value) => significant(value),
  },
  {
    key: 'score',
    label: 'Score',
    isNumber: true,
    value: (run) => run.score?.value ?? null,
    format: (value, { score }) => (score?.isShare ? percent(value) : significant(value)),
  },
  {
    key: 'imagesPerSecond',
    label: 'Images/s',
    isNumber: true,
    value: (run) => run.imagesPerSecond,
    format: (value) => significant(value),
  },
  {
    key: 'secondsLeft',
    label: 'Time left',
    isNumber: true,
    hasMean: false,
    value: (run) => run.secondsLeft,
    format: (value) => duration(value),
  },
  {
    key: 'updatedMs',
    label: 'Updated',
    isNumber: true,
    hasMean: false,
    value: (run) => run.updatedMs,
    format: (value) => ago(value, Date.now()),
  },
];

/** Paths of values that other columns tell. */
const elsewhere = /^(task|method|from|data\.classes|head\.classes)(\.|$)/;
/** The values that runs are told apart by first. */
const first: readonly string[] = [
  'seed',
  'learningRate.peak',
  'batchSize',
  'duration.epochs',
  'duration.steps',
  'normPixels',
  'masking.ratio',
  'data.paths',
  'data.train',
];

/** Columns that are shown until the user chooses others. */
const mostValues = 4;

/** All columns that a list of these runs can have, and those that it has by default. */
export interface ColumnChoice {
  readonly all: readonly RunColumn[];
  readonly usual: readonly RunColumn[];
}

/** @param runs those that are listed */
export function columnsFor(runs: readonly ListedRun[]): ColumnChoice {
  const varied = (column: RunColumn) => new Set(runs.map(column.value)).size > 1;
  const values = valueColumns(runs);
  const isShown = (column: RunColumn) => {
    if (column.key === 'state' || column.key === 'updatedMs' || column.key === 'loss') return true;
    if (column.key === 'task' || column.key === 'model') return varied(column) || runs.length === 1;
    if (column.key === 'imagesPerSecond') return runs.some(({ state }) => state === 'running');
    return runs.some((run) => column.value(run) !== null);
  };
  const usualValues = values.filter(({ key }) => !key.startsWith('backbone.'));
  return {
    all: [name, ...facts, ...values, ...measures],
    usual: [
      name,
      ...facts.filter(isShown),
      ...usualValues.slice(0, mostValues),
      ...measures.filter(isShown),
    ],
  };
}

/** A column for each value in which these runs differ, the usual ones first. */
export function valueColumns(runs: readonly ListedRun[]): RunColumn[] {
  const paths = [...new Set(runs.flatMap(({ values }) => Object.keys(values)))];
  const differing = paths.filter(
    (path) =>
      !elsewhere.test(path) && new Set(runs.flatMap((run) => run.values[path] ?? [])).size > 1,
  );
  const rank = (path: string) => (first.includes(path) ? first.indexOf(path) : first.length);
  return differing.sort((a, b) => rank(a) - rank(b)).map((path) => valueColumn(path, runs));
}

function valueColumn(path: string, runs: readonly ListedRun[]): RunColumn {
  const isNumber = runs.every(({ values }) => isNumeric(values[path] ?? '0'));
  return {
    key: path,
    label: wordsOf(path),
    title: path,
    isNumber,
    hasMean: false,
    value: ({ values }) => {
      const text = values[path];
      if (text === undefined) return null;
      return isNumber ? Number(text) : text;
    },
    format: (value) => significant(value, 6),
  };
}

function isNumeric(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text));
}

/** The text of a run in a column, and nothing where it has none. */
export function cellText(column: RunColumn, run: ListedRun): string {
  const value = column.value(run);
  if (value === null) return '';
  return typeof value === 'number' && column.format ? column.format(value, run) : String(value);
}
