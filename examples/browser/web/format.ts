/** Numbers as the page shows them. */
import type { ImageResult } from './model/protocol.js';

export function megabytes(bytes: number): string {
  const value = bytes / 1e6;
  return `${value.toFixed(value < 10 ? 1 : 0)} MB`;
}

function milliseconds(value: number): string {
  return value < 1000 ? `${Math.max(1, Math.round(value))} ms` : `${(value / 1000).toFixed(1)} s`;
}

/** Formats a cosine with three digits after the point. */
export function cosine(value: number): string {
  return value.toFixed(3).replace('-', '−');
}

/** Writes a share to a tenth of a per cent, and never a certainty that is none. */
export function percent(share: number): string {
  const rounded = (100 * share).toFixed(1);
  if (rounded === '100.0' && share < 1) return '> 99.9 %';
  if (rounded === '0.0' && share > 0) return '< 0.1 %';
  return `${rounded} %`;
}

/** The size of an image, and how long it took. */
export function times({ image, preparationMs, modelMs }: ImageResult): string {
  const all = preparationMs + modelMs;
  return `${image.width} × ${image.height} · ${milliseconds(all)}, model ${milliseconds(modelMs)}`;
}
