/** Formats numbers for people. */

/** The text for a missing value. */
export const dash = '–';

export function significant(value: number | null, digits = 3): string {
  if (value === null) return dash;
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) return value.toExponential(digits - 1).replace('e+', 'e');
  return Number(value.toPrecision(digits)).toLocaleString('en', { maximumFractionDigits: 6 });
}

export function count(value: number): string {
  return value.toLocaleString('en');
}

/** A share of 0 to 1. */
export function percent(share: number | null, digits = 1): string {
  return share === null ? dash : `${(100 * share).toFixed(digits)}\u00a0%`;
}

/** A score of a run, a share or another number. */
export function scored(
  score: { readonly value: number; readonly isShare: boolean } | null,
): string {
  if (!score) return dash;
  return score.isShare ? percent(score.value) : significant(score.value);
}

export function bytes(value: number | null): string {
  if (value === null) return dash;
  return value < 1e9 ? `${(value / 1e6).toFixed(0)} MB` : `${(value / 1e9).toFixed(2)} GB`;
}

export function duration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return dash;
  if (seconds < 60) return `${seconds.toFixed(0)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Formats a time in the past, such as "3 min ago". */
export function ago(milliseconds: number, nowMs: number): string {
  const seconds = Math.max(0, (nowMs - milliseconds) / 1000);
  return seconds < 5 ? 'now' : `${duration(seconds)} ago`;
}

/** Formats a number with its noun, such as "1 window" or "2 windows". */
export function counted(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** The last two parts of a path; any other text as it is. */
export function shortPath(text: string): string {
  return text.startsWith('/') ? text.split('/').slice(-2).join('/') : text;
}

/** A mean and a deviation, to the digits that the deviation leaves certain. */
export function meanAndDeviation(mean: number, deviation: number): string {
  const size = Math.abs(mean);
  // Numbers that are equal but for their rounding.
  if (deviation <= 1e-6 * size) return `${significant(mean)} ± 0`;
  if (size >= 1e5 || size < 1e-3) return `${significant(mean)} ± ${significant(deviation, 2)}`;
  const digits = Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(deviation))));
  return `${mean.toFixed(digits)} ± ${deviation.toFixed(digits)}`;
}
