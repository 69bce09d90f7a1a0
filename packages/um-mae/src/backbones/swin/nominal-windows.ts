/**
 * Windows of one size for images of any size, as dense tasks take them: window and shift of a stage
 * are those of a nominal image, and maps that they do not divide are padded with zeros.
 *
 * Source: Li et al. 2022 (UM-MAE), published detection code; Liu et al. 2021 (Swin),
 * arXiv:2103.14030, section 3.2.
 */
import type { ImageSize } from '../backbone.js';
import { fullPositions, type Positions } from '../parts/grid/patch-grid.js';
import { regions, type Windowing, windowing } from '../parts/grid/windows.js';
import type { SwinOptions } from './family.js';
import { positionPairs } from './position-bias.js';
import type { WindowLayout } from './window-attention.js';

/**
 * The layouts of every block of every stage on a full grid. What pads is not hidden, since it comes
 * after the norm: its keys and values are biases.
 */
export function nominalLayouts(
  options: SwinOptions,
  nominal: ImageSize,
  { full: [rows, columns], row: { device } }: Pick<Positions, 'full' | 'row'>,
): WindowLayout[][] {
  const side = Math.floor(Math.min(nominal.height, nominal.width) / options.patch);
  return options.depths.map((depth, stage) => {
    const halve = (length: number) => Math.floor(length / 2 ** stage);
    const layout = (shifted: boolean) => {
      const { window, shift } = windowing([halve(side), halve(side)], 2 * options.window, shifted);
      const up = (length: number) => window * Math.ceil(halve(length) / window);
      return layoutOf({ height: up(rows), width: up(columns), window, shift }, device);
    };
    const [plain, shifted] = [layout(false), layout(true)];
    return Array.from({ length: depth }, (_, i) => (i % 2 === 0 ? plain : shifted));
  });
}

/** Positions count from the corner of each window: only their differences matter. */
function layoutOf(windows: Windowing, device: string): WindowLayout {
  const { height, width, window } = windows;
  const positions = fullPositions(window, window, device);
  const one = { height: window, width: window, window, shift: 0 };
  const { differences, places } = positionPairs({ positions, scale: 1 }, one);
  const count = (height / window) * (width / window);
  const pairs = {
    differences,
    places: places.repeat([count, 1]),
    regions: regions(windows, device),
  };
  return { windows, pairs };
}
