import type { JSX } from 'preact';
import { seriesToken } from '../../charts/plot/palette.js';
import { dash } from '../../format.js';
import { columnsFor } from '../runs/run-columns.js';
import { groupText, type RunGroup } from '../runs/run-groups.js';
import '../runs/run-table.css';

/** The runs that are compared, or groups of them, with the colours of their curves. */
export function ComparedRuns({ groups }: { readonly groups: readonly RunGroup[] }): JSX.Element {
  const shown = ['state', 'task', 'model', 'origin', 'step', 'loss', 'score'];
  const { all } = columnsFor(groups.flatMap(({ runs }) => runs));
  const columns = all.filter(({ key }) => shown.includes(key));
  return (
    <div class="scroll-x">
      <table class="runs">
        <thead>
          <tr>
            <th>Run</th>
            {columns.map(({ key, label, isNumber }) => (
              <th key={key} class={isNumber ? 'number' : ''}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {groups.map((group, i) => (
            <tr key={group.key}>
              <td class="name">
                <i class="swatch" style={{ background: `var(${seriesToken(i)})` }} />
                <Name group={group} />
              </td>
              {columns.map((column) => (
                <td
                  key={column.key}
                  class={column.isNumber ? 'number' : ''}
                  data-label={column.label}
                >
                  {groupText(column, group) || dash}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Name({ group: { name, runs } }: { readonly group: RunGroup }): JSX.Element {
  const [only] = runs;
  if (only && runs.length === 1) return <a href={`/runs/${only.id}`}>{name}</a>;
  return (
    <>
      {name}{' '}
      <span class="quiet-text">
        {runs.map((run, i) => (
          <>
            {i > 0 && ', '}
            <a key={run.id} href={`/runs/${run.id}`}>
              {run.name.split('/').at(-1)}
            </a>
          </>
        ))}
      </span>
    </>
  );
}
