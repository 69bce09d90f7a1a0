/** Numbers as the page shows them. */

export function megabytes(bytes: number): string {
  const value = bytes / 1e6;
  return `${value.toFixed(value < 10 ? 1 : 0)} MB`;
}

export function milliseconds(value: number): string {
  return value < 1000 ? `${Math.max(1, Math.round(value))} ms` : `${(value / 1000).toFixed(1)} s`;
}

/** To a tenth, and never a certainty that is none. */
export function percent(share: number): string {
  const rounded = (100 * share).toFixed(1);
  if (rounded === '100.0' && share < 1) return '> 99.9 %';
  if (rounded === '0.0' && share > 0) return '< 0.1 %';
  return `${rounded} %`;
}
