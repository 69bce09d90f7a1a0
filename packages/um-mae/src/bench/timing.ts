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
