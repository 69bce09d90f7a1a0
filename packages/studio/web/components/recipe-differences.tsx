import type { JSX } from 'preact';
import type { Differences } from '../../shared/protocol.js';
import { useJson } from '../server-data.js';

interface NamedRun {
  readonly id: string;
  readonly name: string;
}

interface DifferencesProps {
  readonly left: NamedRun;
  readonly right: NamedRun;
}

/** The values in which the recipes of two runs differ. */
export function RecipeDifferences({ left, right }: DifferencesProps): JSX.Element | null {
  const { value, failure } = useJson<Differences>(
    `/api/differences?left=${left.id}&right=${right.id}`,
  );
  if (failure !== undefined) return <p class="notice bad">{failure}</p>;
  if (!value) return null;
  if (value.differences.length === 0) return <p>The recipes are the same.</p>;
  return (
    <div class="scroll-x">
      <table class="differences">
        <thead>
          <tr>
            <th>Value</th>
            <th>{left.name}</th>
            <th>{right.name}</th>
          </tr>
        </thead>
        <tbody>
          {value.differences.map((difference) => (
            <tr key={difference.path}>
              <td>{difference.path}</td>
              <td>{difference.left}</td>
              <td>{difference.right}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
