/** All runs of the folder: found, filtered, grouped, sorted, and chosen for a comparison. */
import type { ComponentChildren, JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { ListedRun, RunList } from '../../../shared/protocol/runs.js';
import { download } from '../../download.js';
import { counted } from '../../format.js';
import { useLive } from '../../live.js';
import { goTo, type PageProps } from '../../routing.js';
import { useJson } from '../../server-data.js';
import { choicesIn, choose, type ListChoices } from './list-address.js';
import { ListControls } from './list-controls.js';
import { type ColumnChoice, columnsFor, type RunColumn } from './run-columns.js';
import { runCsv } from './run-csv.js';
import { groupsOf, groupValue, type RunGroup } from './run-groups.js';
import { matches, passes, sorted, sortedBy } from './run-order.js';
import { RunTable } from './run-table.js';

export function RunsPage({ query }: PageProps): JSX.Element {
  const { revision } = useLive();
  const { value, failure } = useJson<RunList>('/api/runs', revision);
  if (!value) return <Frame>{failure ? <p class="notice bad">{failure}</p> : null}</Frame>;
  if (value.runs.length === 0) return <Empty {...value} />;
  return (
    <Frame>
      <List list={value} query={query} />
    </Frame>
  );
}

interface ListProps {
  readonly list: RunList;
  readonly query: URLSearchParams;
}

function List({ list: { runs, folder }, query }: ListProps): JSX.Element {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const choices = choicesIn(query);
  const { search, filters } = choices;
  const found = useMemo(
    () => runs.filter((run) => passes(run, filters) && matches(run, search)),
    [runs, query],
  );
  const columns = useMemo(() => columnsFor(found), [found]);
  const shown = shownColumns(columns, choices);
  const groups = useMemo(
    () => groupsIn({ found, runs, columns: columns.all, choices }),
    [found, columns, query],
  );
  const there = chosen.filter((id) => runs.some((run) => run.id === id));
  const change = (changes: Partial<ListChoices>) => choose(query, changes);
  return (
    <>
      <div class="controls">
        <label>
          <span class="sr-only">Search runs</span>
          <input
            type="search"
            placeholder="Search"
            value={search}
            onInput={(event) => change({ search: event.currentTarget.value })}
          />
        </label>
        <button
          type="button"
          class="primary"
          disabled={there.length < 2}
          onClick={() =>
            goTo(`/compare?runs=${there.join(',')}${choices.isGrouped ? '&group=1' : ''}`)
          }
        >
          Compare {there.length < 2 ? 'two or more' : there.length}
        </button>
        <label>
          <input
            type="checkbox"
            checked={choices.isGrouped}
            onChange={({ currentTarget }) => change({ isGrouped: currentTarget.checked })}
          />{' '}
          Group seeds
        </label>
        <button
          type="button"
          onClick={() => download('runs.csv', new Blob([runCsv(groups, columns.all, choices)]))}
        >
          Save as CSV
        </button>
        <span class="quiet-text" role="status">
          {found.length < runs.length && `${found.length} of `}
          {counted(runs.length, 'run')} in {folder}
        </span>
      </div>
      <ListControls
        runs={runs}
        choices={choices}
        all={columns.all}
        shown={shown}
        onChange={change}
      />
      <RunTable
        groups={groups}
        columns={shown}
        chosen={there}
        order={choices.order}
        onChoose={(ids, isChosen) => {
          const others = there.filter((id) => !ids.includes(id));
          setChosen(isChosen ? [...others, ...ids] : others);
        }}
        onOrder={(order) => change({ order })}
        onSearch={(word) => change({ search: word })}
      />
      {found.length === 0 && <p>No run is like that.</p>}
    </>
  );
}

function shownColumns(
  { all, usual }: ColumnChoice,
  { columns }: ListChoices,
): readonly RunColumn[] {
  return columns ? all.filter(({ key }) => key === 'name' || columns.includes(key)) : usual;
}

interface GroupedRuns {
  readonly found: readonly ListedRun[];
  readonly runs: readonly ListedRun[];
  readonly columns: readonly RunColumn[];
  readonly choices: ListChoices;
}

/** The rows of the list, in their order. */
function groupsIn({ found, runs, columns, choices }: GroupedRuns): RunGroup[] {
  const { order, isGrouped } = choices;
  const { isDescending } = order;
  const column =
    columns.find(({ key }) => key === order.key) ?? columns.find(({ key }) => key === 'updatedMs');
  if (!column) return [];
  const ordered = sorted(found, column, isDescending);
  if (!isGrouped) return ordered.map((run) => ({ key: run.id, name: run.name, runs: [run] }));
  return sortedBy(groupsOf(ordered, runs), (group) => groupValue(column, group), {
    isDescending,
    nameOf: ({ name }) => name,
  });
}

function Frame({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <>
      <h1>Runs</h1>
      {children}
    </>
  );
}

function Empty({ folder, command }: RunList): JSX.Element {
  return (
    <Frame>
      <div class="empty">
        <h2>No runs in {folder} yet</h2>
        <p>This page fills by itself as soon as there is one:</p>
        <pre>{`${command} pretrain --data ./photos --model swin-tiny --out ${folder}/first`}</pre>
      </div>
    </Frame>
  );
}
