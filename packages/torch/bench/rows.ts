/** Lines of the table that the benchmark prints. */
import type { Timing } from './measure.js';

export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly spread: number;
}

export function rate(name: string, bytes: number, { median, spread }: Timing): Row {
  const speed = bytes / median / 1e9;
  return { name, unit: 'GB/s', median: speed, spread: (speed * spread) / median };
}

export function time(name: string, unit: 'µs' | 'ms', { median, spread }: Timing): Row {
  const factor = unit === 'µs' ? 1e6 : 1e3;
  return { name, unit, median: median * factor, spread: spread * factor };
}

export function compared(name: string, timings: { kernel: Timing; composition: Timing }): Row[] {
  const { kernel, composition } = timings;
  const ratio = composition.median / kernel.median;
  return [
    time(name, 'ms', kernel),
    { name: '  its composition / it', unit: 'x', median: ratio, spread: 0 },
  ];
}

/** A ratio. */
export function times(name: string, { median, spread }: Timing): Row {
  return { name, unit: 'x', median, spread };
}
