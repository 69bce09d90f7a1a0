/** Chooses the recipe of a run with a budget of time, and says so. */
import type { BudgetChoice } from '../../recipes/budget/choose.js';
import type { ChoiceEvent } from '../recording/events.js';
import { checkFree, type RunMode } from '../run-files/open-run-directory.js';
import type { Team } from '../team/team.js';

/** The settings of the run that is to begin, as far as choosing goes. */
export interface RunToChoose {
  readonly mode: RunMode;
  readonly directory: string;
  readonly team?: Team | undefined;
  readonly onRest?: ((atRest: boolean) => void) | undefined;
  readonly onEvent?: ((event: ChoiceEvent) => void | Promise<void>) | undefined;
}

/**
 * Chooses before the directory is touched; the process that leads says what has been chosen.
 *
 * @throws UmMaeError when the directory holds something already
 */
export async function chooseRun<Chosen extends { readonly choice: BudgetChoice }>(
  { mode, directory, team, onRest, onEvent }: RunToChoose,
  choose: () => Promise<Chosen>,
): Promise<Omit<Chosen, 'choice'>> {
  const leads = team?.leads !== false;
  if (mode === 'create' && leads) await checkFree(directory);
  onRest?.(true);
  const { choice, ...chosen } = await choose();
  // One that is alone has nothing to lose before its first step, either.
  onRest?.(team === undefined);
  if (leads) await onEvent?.({ kind: 'chosen', choice });
  return chosen;
}
