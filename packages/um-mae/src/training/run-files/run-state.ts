/**
 * Whether a run is at work, judged from outside: by its lock, and by when it last wrote something
 * down.
 */
/**
 * `running`: at work now; `stalled`: at work, but silent for longer than it should be; `finished`:
 * all its steps are done; `stopped`: ended early, just after a checkpoint; `failed`: ended early,
 * and what came after its last checkpoint is lost, or ended by an error.
 */
export type RunState = 'running' | 'stalled' | 'finished' | 'stopped' | 'failed';

export interface RunSigns {
  /** Whether a process holds the lock of the run; undefined where there are no locks. */
  readonly isLocked: boolean | undefined;
  /** Since the last line of metrics, or the beginning. */
  readonly silentSeconds: number;
  /** Usually between two lines; undefined before there are two. */
  readonly lineSeconds: number | undefined;
  readonly isDone: boolean;
  /** Whether the last checkpoint is of the last line, so that nothing is lost. */
  readonly isSaved: boolean;
  /** Whether the run has written down that it ended by an error. */
  readonly hasFailed: boolean;
}

/**
 * Concludes the state of a run from its signs.
 *
 * @example
 * ```ts
 * import { stateOf } from 'um-mae/runs';
 *
 * const signs = { isSaved: true, hasFailed: false, silentSeconds: 1, lineSeconds: 1 };
 * console.log(stateOf({ ...signs, isDone: false, isLocked: true })); // running
 * console.log(stateOf({ ...signs, isDone: true, isLocked: false })); // finished
 * ```
 */
export function stateOf({ isLocked, isDone, isSaved, hasFailed, ...signs }: RunSigns): RunState {
  if (hasFailed && !isLocked) return 'failed';
  // A finished run still evaluates, and writes its last checkpoint.
  if (isDone && !isLocked) return 'finished';
  const isSilent = signs.silentSeconds > patience(signs);
  if (isLocked) return isSilent ? 'stalled' : 'running';
  if (isLocked === false && isSaved) return 'stopped';
  // A machine that shares our disk holds its locks where we do not see them.
  if (!isSilent && (isLocked === undefined || signs.silentSeconds < seenElsewhere))
    return 'running';
  if (isLocked === undefined) return isSaved ? 'stopped' : 'stalled';
  return 'failed';
}

/**
 * Whether the last checkpoint, by its name, is of the last line or later: not every step has a line.
 *
 * @param name where the link to it leads
 *
 * @example
 * ```ts
 * import { isSavedBy } from 'um-mae/runs';
 *
 * console.log(isSavedBy('step-00000420', { step: 400, epoch: 2 })); // true
 * ```
 */
export function isSavedBy(
  name: string,
  { step, epoch }: { readonly step: number; readonly epoch: number },
): boolean {
  const [, unit, number] = /(step|epoch)-(\d+)$/.exec(name) ?? [];
  return number !== undefined && Number(number) >= (unit === 'step' ? step : epoch);
}

/** Seconds. */
const seenElsewhere = 10;

/** Allows for evaluations, looks at the features and checkpoints between two lines. */
function patience({ lineSeconds = 0 }: Pick<RunSigns, 'lineSeconds'>): number {
  return Math.max(120, 20 * lineSeconds);
}
