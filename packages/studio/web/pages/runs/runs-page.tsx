import type { JSX } from 'preact';
import type { RunList } from '../../../shared/protocol.js';
import { useJson } from '../../server-data.js';

/** All runs of the folder. */
export function RunsPage(): JSX.Element {
  const { value } = useJson<RunList>('/api/runs');
  return (
    <>
      <h1>Runs</h1>
      {value?.runs.length === 0 && <p>No runs in {value.folder} yet.</p>}
    </>
  );
}
