/** Filters over values of recipes, columns, and the order on narrow screens. */
import type { JSX } from 'preact';
import type { ListedRun } from '../../../shared/protocol/runs.js';
import { wordsOf } from '../../words.js';
import type { ListChoices } from './list-address.js';
import { type RunColumn, valueColumns } from './run-columns.js';

interface ListControlsProps {
  /** All runs of the folder. */
  readonly runs: readonly ListedRun[];
  readonly choices: ListChoices;
  /** Columns that there can be, and those that are shown. */
  readonly all: readonly RunColumn[];
  readonly shown: readonly RunColumn[];
  readonly onChange: (changes: Partial<ListChoices>) => void;
}

export function ListControls(props: ListControlsProps): JSX.Element {
  const { choices, all, shown, onChange } = props;
  const { order } = choices;
  return (
    <div class="list-controls">
      <Filters {...props} />
      <details>
        <summary>Columns</summary>
        <fieldset class="choices">
          <legend class="sr-only">Columns</legend>
          {all.slice(1).map((column) => (
            <label key={column.key} title={column.title}>
              <input
                type="checkbox"
                checked={shown.includes(column)}
                onChange={({ currentTarget: { checked } }) =>
                  onChange({ columns: withColumn(props, column, checked) })
                }
              />{' '}
              {column.label}
            </label>
          ))}
          <button
            type="button"
            disabled={choices.columns === undefined}
            onClick={() => onChange({ columns: undefined })}
          >
            Usual columns
          </button>
        </fieldset>
      </details>
      <label class="narrow">
        Sort by{' '}
        <select
          value={order.key}
          onChange={({ currentTarget: { value } }) => onChange({ order: { ...order, key: value } })}
        >
          {all.map(({ key, label }) => (
            <option key={key} value={key}>
              {label}
            </option>
          ))}
        </select>
        <button
          type="button"
          aria-label={order.isDescending ? 'Smallest first' : 'Largest first'}
          onClick={() => onChange({ order: { ...order, isDescending: !order.isDescending } })}
        >
          {order.isDescending ? '↓' : '↑'}
        </button>
      </label>
    </div>
  );
}

/** @returns keys in the order of all columns */
function withColumn(
  { all, shown }: ListControlsProps,
  column: RunColumn,
  isShown: boolean,
): string[] {
  return all
    .filter((other) => (other === column ? isShown : shown.includes(other)))
    .map(({ key }) => key);
}

function Filters({ runs, choices, onChange }: ListControlsProps): JSX.Element | null {
  const { filters } = choices;
  const columns = valueColumns(runs);
  const change = (path: string, value: string) => {
    const others = filters.filter((filter) => filter.path !== path);
    onChange({ filters: value === '' ? others : [...others, { path, value }] });
  };
  if (columns.length === 0) return null;
  return (
    <details open={filters.length > 0}>
      <summary>Filters{filters.length > 0 && ` (${filters.length})`}</summary>
      <div class="filters">
        {columns.map(({ key, label }) => (
          <label key={key} title={key}>
            <span>{label}</span>
            <select
              value={filters.find(({ path }) => path === key)?.value ?? ''}
              onChange={({ currentTarget }) => change(key, currentTarget.value)}
            >
              <option value="">any</option>
              {valuesAt(runs, key).map((value) => (
                <option key={value} value={value}>
                  {value}
                </option>
              ))}
            </select>
          </label>
        ))}
        {filters
          .filter(({ path }) => !columns.some(({ key }) => key === path))
          .map(({ path, value }) => (
            <button key={path} type="button" onClick={() => change(path, '')}>
              {wordsOf(path)} {value} ✕
            </button>
          ))}
      </div>
      <p class="quiet-text">
        In the search, too: <code>seed=0</code>, <code>peak&gt;1e-4</code>,{' '}
        <code>epochs&lt;100</code>.
      </p>
    </details>
  );
}

function valuesAt(runs: readonly ListedRun[], path: string): string[] {
  const values = new Set(runs.flatMap((run) => run.values[path] ?? []));
  return [...values].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}
