import type { JSX } from 'preact';
import { at } from '../../shared/at.js';
import type { RecipeValues } from '../../shared/protocol/run-details.js';
import { dash } from '../format.js';
import { useJson } from '../server-data.js';
import { wordsOf } from '../words.js';

interface NamedRun {
  readonly id: string;
  readonly name: string;
}

/** The values in which the recipes of runs differ, a column for each run. */
export function RecipeDifferences({
  runs,
}: {
  readonly runs: readonly NamedRun[];
}): JSX.Element | null {
  const ids = runs.map(({ id }) => id).join(',');
  const { value, failure } = useJson<RecipeValues>(`/api/values?runs=${ids}`);
  if (failure !== undefined) return <p class="notice bad">{failure}</p>;
  // Others were chosen, whose values are on their way.
  if (!value || value.rows.some(({ values }) => values.length !== runs.length)) return null;
  if (value.rows.length === 0) return <p>The recipes are the same.</p>;
  return (
    <div class="scroll-x">
      <table class="differences">
        <thead>
          <tr>
            <th>Value</th>
            {runs.map(({ id, name }) => (
              <th key={id}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {value.rows.map(({ path, values }) => (
            <tr key={path}>
              <th scope="row" title={path}>
                {wordsOf(path)}
              </th>
              {runs.map(({ id, name }, i) => (
                <td key={id} data-label={name}>
                  {at(values, i) ?? dash}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
