/** Feature maps as colours. */
import type { Tensor } from '@um-mae/torch';
import { principalComponents } from '../features/principal-components.js';

/** A feature map in colours, a pixel for each place. */
export interface ColouredMap {
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns, 3] */
  readonly rgb: Uint8Array;
  /** Share of the variance that is shown. */
  readonly explained: number;
}

/**
 * The first three principal components of a map as red, green and blue, each over its whole range.
 *
 * @param map [1, rows, columns, channels]
 */
export function mapColours(map: Tensor): ColouredMap {
  const [, rows, columns, channels] = map.sizes(4);
  const values = map.to('cpu').to('f32').contiguous().toArray() as Float32Array;
  const count = rows * columns;
  const found = principalComponents({ count, channels, pieces: () => [values] }, 3);
  const { components, explained } = found;
  const rgb = new Uint8Array(3 * count).fill(128);
  for (let component = 0; component < components; component++) {
    const own = [...found.values.filter((_, place) => place % components === component)];
    const [low, high] = [Math.min(...own), Math.max(...own)];
    for (const [place, value] of own.entries())
      rgb[3 * place + component] = level((value - low) / (high - low));
  }
  return { rows, columns, rgb, explained: explained.reduce((sum, share) => sum + share, 0) };
}

/** A share as a level of colour; the middle where there is none. */
export function level(share: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0.5)));
}
