/** What server and page say to each other, as JSON. */

/**
 * `running`: at work now; `stalled`: at work, but silent for longer than it should be; `finished`: all its steps are done;
 * `stopped`: ended early, with a checkpoint; `failed`: ended early, without one; `unreadable`: no run that we understand.
 */
export type RunState = 'running' | 'stalled' | 'finished' | 'stopped' | 'failed' | 'unreadable';

/** A run in one line. */
export interface RunSummary {
  /** Names the run in addresses; says nothing about where it is. */
  readonly id: string;
  /** Path below the folder that is shown. */
  readonly name: string;
  readonly state: RunState;
}

/** `GET /api/runs` */
export interface RunList {
  /** The folder that is shown, as the user wrote it. */
  readonly folder: string;
  readonly runs: readonly RunSummary[];
}
