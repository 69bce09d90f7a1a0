/** Measures the time of a computation on a device. */
import { synchronize } from '@um-mae/torch';

/** Seconds of `body`, the device's work included. */
export function timed(device: string, body: () => void): number {
  synchronize(device);
  const startMs = performance.now();
  body();
  synchronize(device);
  return (performance.now() - startMs) / 1000;
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const low = sorted[Math.floor(middle)] ?? Number.NaN;
  const high = sorted[Math.ceil(middle)] ?? Number.NaN;
  return (low + high) / 2;
}
