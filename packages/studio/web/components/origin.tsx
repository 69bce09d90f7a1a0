import type { JSX } from 'preact';
import type { RunOrigin } from '../../shared/protocol/runs.js';
import { shortPath } from '../format.js';

/** Another run, or a file, that the first weights of a run are from. */
export function Origin({ origin: { run, from } }: { readonly origin: RunOrigin }): JSX.Element {
  if (run) return <a href={`/runs/${run.id}`}>{run.name}</a>;
  return <span title={from}>{shortPath(from)}</span>;
}
