/** Numbers as a person reads them. */

export function bytes(count: number): string {
  if (count < 1e6) return `${(count / 1e3).toFixed(0)} kB`;
  return count < 1e9 ? `${(count / 1e6).toFixed(0)} MB` : `${(count / 1e9).toFixed(1)} GB`;
}

export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  if (seconds < 60) return `${seconds.toFixed(0)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function count(value: number): string {
  return value.toLocaleString('en');
}

export function significant(value: number | null, digits = 3): string {
  return value === null ? '-' : value.toPrecision(digits);
}

/** Writes a number as short as it can be read in a column. */
export function compact(value: number | null, digits = 3): string {
  if (value === null) return '-';
  const size = Math.abs(value);
  if (value === 0) return '0';
  if (size < 1e-3 || size >= 1e6) return value.toExponential(digits - 1);
  return size < 1000 ? value.toPrecision(digits) : count(Math.round(value));
}

/** A share of 0 to 1. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** The ends of a share: `31.3 to 37.2 %`. */
export function interval([low, high]: readonly [number, number]): string {
  return `${(100 * low).toFixed(1)} to ${percent(high)}`;
}
