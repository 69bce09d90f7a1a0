import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ListedRun, RunList } from '../../../shared/protocol/runs.js';
import { RecipeDifferences } from '../../components/recipe-differences.js';
import { useJson } from '../../server-data.js';
import type { PartProps } from './part.js';

/** The recipe of the run, and its differences from another run's. */
export function RecipePart({ details }: PartProps): JSX.Element {
  const { id, name } = details.summary;
  const { value: list } = useJson<RunList>('/api/runs');
  const [other, setOther] = useState<string>();
  const others = (list?.runs ?? []).filter((run) => run.id !== id && run.problem === null);
  const chosen = others.find((run) => run.id === other) ?? nearestOf(details, others);
  return (
    <div class={chosen ? 'two-columns' : ''}>
      <section>
        <h2>recipe.yaml</h2>
        <pre>{details.recipe}</pre>
      </section>
      {chosen && (
        <section>
          <h2>Difference to another run</h2>
          <div class="controls">
            <label>
              <span class="sr-only">The other run</span>
              <select value={chosen.id} onChange={(event) => setOther(event.currentTarget.value)}>
                {others.map((run) => (
                  <option key={run.id} value={run.id}>
                    {run.name}
                  </option>
                ))}
              </select>
            </label>
          </div>
          <RecipeDifferences runs={[{ id, name }, chosen]} />
        </section>
      )}
    </div>
  );
}

/** The newest run of the same task, whose recipe says most by its differences. */
function nearestOf(
  { summary }: PartProps['details'],
  others: readonly ListedRun[],
): ListedRun | undefined {
  const newest = others.toSorted((a, b) => b.updatedMs - a.updatedMs);
  return newest.find(({ task }) => task === summary.task) ?? newest[0];
}
