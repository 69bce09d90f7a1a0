/** Losses that the device may still be computing. */
import { type LateNumber, readLater } from '@um-mae/torch';
import type { Loss } from '../task.js';

/** The loss of a batch, which the device may still be computing. */
export interface LateLoss {
  readonly total: LateNumber;
  readonly parts: ReadonlyMap<string, LateNumber>;
}

/** The numbers of a loss, once the device has computed them. */
export function readLossLater({ total, parts }: Loss): LateLoss {
  const late = Object.entries(parts).map(([name, part]) => [name, readLater(part)] as const);
  return { total: readLater(total), parts: new Map(late) };
}
