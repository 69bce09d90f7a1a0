/** The line that marks a place in a figure, and the same place in others: moved by keys. */
import type uPlot from 'uplot';
import { at } from '../../../shared/at.js';

/** Points that a key moves by. */
const moves: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  PageDown: -10,
  PageUp: 10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** Escape hides the crosshair. */
export const crosshairKeys: readonly string[] = [...Object.keys(moves), 'Escape'];

/** Moves the crosshair of a figure, and of those that share it, to another point. */
export function moveCrosshair(plot: uPlot, key: string): void {
  const [xs] = plot.data;
  const move = moves[key];
  if (move === undefined || xs.length === 0) {
    hideCrosshair(plot);
    return;
  }
  const from = plot.cursor.idx ?? (move < 0 ? xs.length : -1);
  const index = Math.min(Math.max(from + move, 0), xs.length - 1);
  const { left, top } = plot.over.getBoundingClientRect();
  const clientX = left + plot.valToPos(at(xs, index), 'x');
  // As by a pointer: only its events are passed on to other figures.
  plot.over.dispatchEvent(new MouseEvent('mousemove', { clientX, clientY: top + 1 }));
}

/** Hides it there, and in figures that share it. */
export function hideCrosshair(plot: uPlot): void {
  plot.over.dispatchEvent(new MouseEvent('mouseleave'));
}
