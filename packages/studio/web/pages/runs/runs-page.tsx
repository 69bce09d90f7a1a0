/** All runs of the folder: found, sorted, and chosen for a comparison. */
import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { RunList } from '../../../shared/protocol.js';
import { useLive } from '../../live.js';
import { goTo, type PageProps } from '../../routing.js';
import { useJson } from '../../server-data.js';
import { matches, type Order, runColumns, sorted } from './run-order.js';
import { RunTable } from './run-table.js';

export function RunsPage({ query }: PageProps): JSX.Element {
  const { revision } = useLive();
  const { value, failure } = useJson<RunList>('/api/runs', revision);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const search = query.get('search') ?? '';
  const order = orderOf(query);
  if (!value) return <Frame>{failure ? <p class="notice bad">{failure}</p> : null}</Frame>;
  if (value.runs.length === 0) return <Empty folder={value.folder} />;

  const shown = sorted(
    value.runs.filter((run) => matches(run, search)),
    order,
  );
  const there = chosen.filter((id) => value.runs.some((run) => run.id === id));
  const toggle = (id: string) =>
    setChosen(there.includes(id) ? there.filter((other) => other !== id) : [...there, id]);
  return (
    <Frame>
      <div class="controls">
        <label>
          <span class="sr-only">Search runs</span>
          <input
            type="search"
            placeholder="Search"
            value={search}
            onInput={(event) => change(query, { search: event.currentTarget.value })}
          />
        </label>
        <button
          type="button"
          class="primary"
          disabled={there.length < 2}
          onClick={() => goTo(`/compare?runs=${there.join(',')}`)}
        >
          Compare {there.length < 2 ? 'two or more' : there.length}
        </button>
        <span class="quiet-text" role="status">
          {shown.length} of {value.runs.length} in {value.folder}
        </span>
      </div>
      <RunTable
        runs={shown}
        chosen={there}
        order={order}
        onChoose={toggle}
        onOrder={({ key, isDescending }) =>
          change(query, { sort: key, down: isDescending ? '1' : '' })
        }
      />
      {shown.length === 0 && <p>No run has all these words.</p>}
    </Frame>
  );
}

function Frame({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <>
      <h1>Runs</h1>
      {children}
    </>
  );
}

function Empty({ folder }: { readonly folder: string }): JSX.Element {
  return (
    <Frame>
      <div class="empty">
        <h2>No runs in {folder} yet</h2>
        <p>This page fills by itself as soon as there is one:</p>
        <pre>um-mae pretrain --data ./photos --model swin-tiny --out runs/first</pre>
      </div>
    </Frame>
  );
}

/** Reads the order of runs from the address. Default: the newest first. */
function orderOf(query: URLSearchParams): Order {
  const column = runColumns.find(({ key }) => key === query.get('sort'));
  if (!column) return { key: 'updatedMs', isDescending: true };
  return { key: column.key, isDescending: query.get('down') === '1' };
}

function change(query: URLSearchParams, values: Readonly<Record<string, string>>): void {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(values)) {
    if (value === '') next.delete(name);
    else next.set(name, value);
  }
  goTo(`/?${next}`, { replace: true });
}
