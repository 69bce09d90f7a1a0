import type { JSX } from 'preact';
import type { RunState } from '../../shared/protocol/runs.js';

const meanings: Readonly<Record<RunState, string>> = {
  running: 'At work now',
  stalled: 'At work, but nothing was written down for longer than usual',
  finished: 'All its steps are done',
  stopped: 'Ended early, with a checkpoint; --resume goes on',
  failed: 'Ended early; what came after its last checkpoint is lost',
  unreadable: 'Not a run that this version understands',
};

/** The state in a word; the mark beside it repeats it in form and colour. */
export function RunStateMark({ state }: { readonly state: RunState }): JSX.Element {
  return (
    <span class={`state state-${state}`} title={meanings[state]}>
      {state}
    </span>
  );
}
