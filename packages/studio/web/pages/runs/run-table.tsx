import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ListedRun } from '../../../shared/protocol/runs.js';
import { Origin } from '../../components/origin.js';
import { Progress } from '../../components/progress.js';
import { RunStateMark } from '../../components/run-state.js';
import { Tags } from '../../components/tags.js';
import { counted, dash, shortPath } from '../../format.js';
import { cellText, type RunColumn } from './run-columns.js';
import { groupText, type RunGroup } from './run-groups.js';
import type { Order } from './run-order.js';
import './run-table.css';

interface RunTableProps {
  /** In their order; one of a single run is a run. */
  readonly groups: readonly RunGroup[];
  readonly columns: readonly RunColumn[];
  /** Ids of those to compare. */
  readonly chosen: readonly string[];
  readonly order: Order;
  /** Chooses runs, or no longer. */
  readonly onChoose: (ids: readonly string[], isChosen: boolean) => void;
  readonly onOrder: (order: Order) => void;
  readonly onSearch: (word: string) => void;
}

export function RunTable(props: RunTableProps): JSX.Element {
  const { groups, columns, chosen, order, onChoose, onOrder } = props;
  const [open, setOpen] = useState<readonly string[]>([]);
  const ids = groups.flatMap(({ runs }) => runs.map(({ id }) => id));
  const toggle = (key: string) =>
    setOpen(open.includes(key) ? open.filter((other) => other !== key) : [...open, key]);
  return (
    <div class="scroll-x">
      <table class="runs">
        <thead>
          <tr>
            <th class="choice">
              <Choice ids={ids} chosen={chosen} label="Compare all" onChoose={onChoose} />
            </th>
            {columns.map((column) => (
              <Heading key={column.key} column={column} order={order} onOrder={onOrder} />
            ))}
          </tr>
        </thead>
        <tbody>
          {groups.flatMap((group) => {
            const isOpen = open.includes(group.key);
            const isGroup = group.runs.length > 1;
            const rows = isGroup && !isOpen ? [] : group.runs;
            return [
              ...(isGroup
                ? [
                    <GroupRow
                      {...props}
                      key={group.key}
                      group={group}
                      isOpen={isOpen}
                      onToggle={() => toggle(group.key)}
                    />,
                  ]
                : []),
              ...rows.map((run) => <Row {...props} key={run.id} run={run} isMember={isGroup} />),
            ];
          })}
        </tbody>
      </table>
    </div>
  );
}

interface HeadingProps extends Pick<RunTableProps, 'order' | 'onOrder'> {
  readonly column: RunColumn;
}

function Heading({ column, order, onOrder }: HeadingProps): JSX.Element {
  const isCurrent = order.key === column.key;
  const direction = order.isDescending ? 'descending' : 'ascending';
  const next = { key: column.key, isDescending: isCurrent ? !order.isDescending : column.isNumber };
  return (
    <th
      class={column.isNumber ? 'number' : ''}
      aria-sort={isCurrent ? direction : 'none'}
      title={column.title}
    >
      <button type="button" class="heading" onClick={() => onOrder(next)}>
        {column.label}
        <span aria-hidden="true" class="arrow">
          {isCurrent ? (order.isDescending ? '↓' : '↑') : ''}
        </span>
      </button>
    </th>
  );
}

interface ChoiceProps extends Pick<RunTableProps, 'chosen' | 'onChoose'> {
  readonly ids: readonly string[];
  readonly label: string;
}

/** A box for one run, or for several. */
function Choice({ ids, chosen, label, onChoose }: ChoiceProps): JSX.Element {
  const isChosen = ids.length > 0 && ids.every((id) => chosen.includes(id));
  return (
    <input
      type="checkbox"
      checked={isChosen}
      indeterminate={!isChosen && ids.some((id) => chosen.includes(id))}
      aria-label={label}
      onChange={() => onChoose(ids, !isChosen)}
    />
  );
}

interface GroupRowProps extends RunTableProps {
  readonly group: RunGroup;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

/** Runs that repeat each other, in one line. */
function GroupRow(props: GroupRowProps): JSX.Element {
  const { group, columns, isOpen, onToggle } = props;
  const { name, runs } = group;
  return (
    <tr class="group">
      <td class="choice">
        <Choice {...props} ids={runs.map(({ id }) => id)} label={`Compare ${name}`} />
      </td>
      {columns.map((column) => (
        <td key={column.key} class={cellClass(column)} data-label={column.label}>
          {column.key === 'name' ? (
            <button type="button" class="heading" aria-expanded={isOpen} onClick={onToggle}>
              <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span> {name}{' '}
              <span class="quiet-text">{counted(runs.length, 'run')}</span>
            </button>
          ) : (
            groupText(column, group) || dash
          )}
        </td>
      ))}
    </tr>
  );
}

interface RowProps extends RunTableProps {
  readonly run: ListedRun;
  /** Whether it stands below its group. */
  readonly isMember: boolean;
}

function Row(props: RowProps): JSX.Element {
  const { run, columns, isMember } = props;
  return (
    <tr class={isMember ? 'member' : ''}>
      <td class="choice">
        <Choice {...props} ids={[run.id]} label={`Compare ${run.name}`} />
      </td>
      {columns.map((column) => (
        <td key={column.key} class={cellClass(column)} data-label={column.label}>
          <Cell {...props} column={column} />
        </td>
      ))}
    </tr>
  );
}

const wide: readonly string[] = ['name', 'step'];
const unlabelled: readonly string[] = ['name', 'state', 'step'];

function cellClass({ key, isNumber }: RunColumn): string {
  return [
    key === 'name' || key === 'task' ? key : '',
    wide.includes(key) ? 'wide' : '',
    unlabelled.includes(key) ? 'unlabelled' : '',
    isNumber ? 'number' : '',
  ].join(' ');
}

function Cell({ run, column, onSearch }: RowProps & { readonly column: RunColumn }): JSX.Element {
  const text = cellText(column, run);
  switch (column.key) {
    case 'name':
      return (
        <>
          <a href={`/runs/${run.id}`}>{run.name}</a>
          {run.problem && <span class="quiet-text problem">{run.problem}</span>}
          <Tags tags={run.notes?.tags ?? []} onChoose={onSearch} />
          {run.notes?.note && (
            <span class="quiet-text first-line" title={run.notes.note}>
              {run.notes.note.split('\n')[0]}
            </span>
          )}
        </>
      );
    case 'state':
      return <RunStateMark state={run.state} />;
    case 'step':
      return <Progress run={run} />;
    case 'origin':
      return run.origin ? <Origin origin={run.origin} /> : <span>{dash}</span>;
    case 'score':
      return <span title={run.score?.name}>{text || dash}</span>;
    default:
      return <span title={text}>{shortPath(text) || dash}</span>;
  }
}
