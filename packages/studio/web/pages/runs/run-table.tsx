import type { JSX } from 'preact';
import type { RunSummary } from '../../../shared/protocol.js';
import { Progress } from '../../components/progress.js';
import { RunStateMark } from '../../components/run-state.js';
import { ago, duration, scored, significant } from '../../format.js';
import { type Order, type RunColumn, runColumns } from './run-order.js';
import './run-table.css';

interface RunTableProps {
  readonly runs: readonly RunSummary[];
  /** Ids of those to compare. */
  readonly chosen: readonly string[];
  readonly order: Order;
  readonly onChoose: (id: string) => void;
  readonly onOrder: (order: Order) => void;
}

export function RunTable({ runs, chosen, order, onChoose, onOrder }: RunTableProps): JSX.Element {
  return (
    <table class="runs">
      <thead>
        <tr>
          <th>
            <span class="sr-only">Compare</span>
          </th>
          {runColumns.map((column) => (
            <Heading key={column.key} column={column} order={order} onOrder={onOrder} />
          ))}
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <Row key={run.id} run={run} isChosen={chosen.includes(run.id)} onChoose={onChoose} />
        ))}
      </tbody>
    </table>
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
    <th class={column.isNumber ? 'number' : ''} aria-sort={isCurrent ? direction : 'none'}>
      <button type="button" class="heading" onClick={() => onOrder(next)}>
        {column.label}
        <span aria-hidden="true" class="arrow">
          {isCurrent ? (order.isDescending ? '↓' : '↑') : ''}
        </span>
      </button>
    </th>
  );
}

interface RowProps {
  readonly run: RunSummary;
  readonly isChosen: boolean;
  readonly onChoose: (id: string) => void;
}

function Row({ run, isChosen, onChoose }: RowProps): JSX.Element {
  return (
    <tr>
      <td class="choice">
        <input
          type="checkbox"
          checked={isChosen}
          aria-label={`Compare ${run.name}`}
          onChange={() => onChoose(run.id)}
        />
      </td>
      <td class="name">
        <a href={`/runs/${run.id}`}>{run.name}</a>
        {run.problem && <span class="quiet-text problem">{run.problem}</span>}
      </td>
      <td>
        <RunStateMark state={run.state} />
      </td>
      <td data-label="Model">{run.model}</td>
      <td data-label="Method">{run.method}</td>
      <td class="wide">
        <Progress run={run} />
      </td>
      <td class="number" data-label="Loss">
        {significant(run.loss)}
      </td>
      <td class="number" data-label="Score" title={run.score?.name}>
        {scored(run.score)}
      </td>
      <td class="number" data-label="Images/s">
        {significant(run.imagesPerSecond)}
      </td>
      <td class="number" data-label="Time left">
        {duration(run.secondsLeft)}
      </td>
      <td class="number" data-label="Updated">
        {ago(run.updatedMs, Date.now())}
      </td>
    </tr>
  );
}
