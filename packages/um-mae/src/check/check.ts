/** One line of what `doctor --check` finds: how far a device is from what it should compute. */
import { scope, type Tensor } from '@um-mae/torch';

export interface Check {
  readonly what: string;
  readonly precision: string;
  /** The largest one, in proportion to what was expected; NaN when nothing was computed. */
  readonly difference: number;
  /** Largest `difference` that passes. */
  readonly allowed: number;
  readonly passed: boolean;
  /** The reason of a failure other than the difference, or the place of the difference. */
  readonly reason?: string;
}

export type Subject = Pick<Check, 'what' | 'precision'>;

export function check(subject: Subject, difference: number, allowed: number): Check {
  return { ...subject, difference, allowed, passed: difference <= allowed };
}

/** The checks that `body` makes; one that has failed when it throws. */
export function attempt(subject: Subject, body: () => readonly Check[]): readonly Check[] {
  try {
    return scope(() => body());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [{ ...subject, difference: Number.NaN, allowed: 0, passed: false, reason }];
  }
}

/** ||ours - theirs|| / ||theirs||, whatever the dtypes and devices. */
export function distance(ours: Tensor, theirs: Tensor): number {
  return scope(() => {
    const expected = theirs.detach().to('cpu').to('f64');
    const difference = ours.detach().to('cpu').to('f64').sub(expected).norm().number();
    return difference === 0 ? 0 : difference / expected.norm().number();
  });
}
