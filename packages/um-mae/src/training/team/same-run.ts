/** Several processes that go on with one run: checked before any of them writes anything. */
import { existsSync, readFileSync } from 'node:fs';
import { CheckpointError } from '../../errors.js';
import type { RunOptions } from '../open-run.js';
import { goesOn } from '../run-files/open-run-directory.js';
import { RunDirectory } from '../run-files/run-directory.js';
import type { Team } from './team.js';

/** The run that a process goes on with. */
interface FoundRun {
  readonly directory: string;
  /** The first line of its metrics, which no other run has; null where a run is to begin. */
  readonly firstLine: string | null;
}

/**
 * Compares the runs that processes find in their run directories, which may have other names on each
 * host. A process that finds none follows the first one.
 *
 * @throws CheckpointError in all of them, of the same sentence, when one finds another run than the
 *   first, or the first one finds none
 */
export async function agreeOnRun(
  team: Team,
  { mode, directory }: Pick<RunOptions, 'mode' | 'directory'>,
): Promise<void> {
  const firstLine = goesOn(mode) ? firstLineOf(directory) : null;
  const [first, ...others] = await team.gather<FoundRun>([{ directory, firstLine }]);
  const other = others.findIndex(
    (own) => own.firstLine !== null && own.firstLine !== first?.firstLine,
  );
  const found = others[other];
  if (!first || !found) return;
  const { hosts } = team.group;
  const got = first.firstLine === null ? 'none' : 'another one';
  throw new CheckpointError(
    `Expected the run in ${found.directory} of process ${other + 1} on ${hosts[other + 1]} in ${first.directory} of process 0 on ${hosts[0]} but got ${got}.\n` +
      'All processes need the same run directory.',
  );
}

function firstLineOf(path: string): string {
  const { metrics } = new RunDirectory(path);
  if (!existsSync(metrics)) return '';
  const [line = ''] = readFileSync(metrics, 'utf8').split('\n', 1);
  return line;
}
