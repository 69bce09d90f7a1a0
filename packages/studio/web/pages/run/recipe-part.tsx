import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { RunList } from '../../../shared/protocol.js';
import { RecipeDifferences } from '../../components/recipe-differences.js';
import { useJson } from '../../server-data.js';
import type { PartProps } from './part.js';

/** The recipe of the run, and its differences from another run's. */
export function RecipePart({ details }: PartProps): JSX.Element {
  const { id, name } = details.summary;
  const { value: list } = useJson<RunList>('/api/runs');
  const [other, setOther] = useState('');
  const others = (list?.runs ?? []).filter((run) => run.id !== id && run.problem === null);
  const chosen = others.find((run) => run.id === other);
  return (
    <div class="two-columns">
      <section>
        <h2>recipe.yaml</h2>
        <pre>{details.recipe}</pre>
      </section>
      <section>
        <h2>Difference to another run</h2>
        <div class="controls">
          <label>
            <span class="sr-only">The other run</span>
            <select value={other} onChange={(event) => setOther(event.currentTarget.value)}>
              <option value="">Choose a run</option>
              {others.map((run) => (
                <option key={run.id} value={run.id}>
                  {run.name}
                </option>
              ))}
            </select>
          </label>
        </div>
        {chosen && <RecipeDifferences left={{ id, name }} right={chosen} />}
      </section>
    </div>
  );
}
