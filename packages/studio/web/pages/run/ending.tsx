/** The end of a run before its time: the reason, what is kept, and how it goes on. */
import type { JSX } from 'preact';
import type { RunDetails } from '../../../shared/protocol/run-details.js';
import { Command } from '../../components/command.js';
import { count } from '../../format.js';

export function Ending({ details }: { readonly details: RunDetails }): JSX.Element | null {
  const { summary, ending } = details;
  if (!ending) return null;
  const { reason, savedStep, command } = ending;
  const hasFailed = summary.state === 'failed';
  return (
    <section class={hasFailed ? 'notice bad' : 'notice'} aria-label="The end of the run">
      <p>
        {hasFailed ? 'Ended' : 'Stopped'} at step {count(summary.step)}
        {reason === null ? '.' : ':'}
        {hasFailed &&
          reason === null &&
          ' It gave no reason: it was killed, or the machine went down.'}
      </p>
      {reason !== null && <p class="reason">{reason}</p>}
      <p>
        {savedStep === null
          ? 'There is no checkpoint yet: it begins again with:'
          : `Its last checkpoint is of step ${count(savedStep)}. It goes on with:`}
      </p>
      <Command text={command} />
    </section>
  );
}
