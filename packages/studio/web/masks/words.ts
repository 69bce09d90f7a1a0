/** What the figures show, in a sentence each. */
import type { DrawnMask, Layout } from './layout.js';
import { type Cell, compactGrid, keptByWindow } from './mask.js';
import type { ExplorerSettings } from './settings.js';

export function describeMask({ method, cell, ratio }: ExplorerSettings, masked: DrawnMask): string {
  if (method === 'random') {
    return `${percent(ratio)} of the patches are dropped, wherever they are: some parts keep many, others none.`;
  }
  const one = `One patch of every ${cell.join(' x ')} cell is kept, at a random place in it.`;
  const hidden = masked.states.filter((state) => state === 'hidden').length;
  if (method === 'uniform' || hidden === 0) return one;
  return `${one} Of these, ${hidden} are hidden again: hatched.`;
}

export function describeInput(
  { grid, cell }: DrawnMask,
  { order, columns, window }: Layout,
): string {
  if (!cell || window === undefined) {
    return `A set of ${order.length} patches without a grid. Full attention takes it, as in a plain ViT; windows and strides of a pyramid have nothing to stand on.`;
  }
  const { rows } = compactGrid(grid, cell);
  return `A grid again, ${rows} x ${columns} instead of ${grid.rows} x ${grid.columns}: windows of ${window} x ${window} (outlined) and strides work as on a whole image.`;
}

export function describeWindows({ grid, states }: DrawnMask, region: Cell): string {
  const counts = keptByWindow(states, grid, region);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (least === most) {
    return `${most} in each, whatever is drawn: all windows of a batch are one product of matrices of one size.`;
  }
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return `From ${least} to ${most}: to multiply them together, every window is padded to the fullest, which is ${(most / mean).toFixed(1)} times the work.`;
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
