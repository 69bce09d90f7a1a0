/** Square windows of a token grid, and the regions that must not mix inside them. */
import { arange, type Tensor } from '@um-mae/torch';

/** The division of a grid into windows. */
export interface Windowing {
  readonly height: number;
  readonly width: number;
  /** Window side, in tokens. A grid that it does not divide is padded below and on the right. */
  readonly window: number;
  /** Tokens that the grid is rolled up and to the left by before it is cut. */
  readonly shift: number;
}

/**
 * The windows of block `i` of a stage: shifted by half a window on odd blocks, except where one
 * window spans the grid's smaller side (Swin, arXiv:2103.14030, section 3.2).
 */
export function windowing(
  [height, width]: readonly [height: number, width: number],
  window: number,
  shifted: boolean,
): Windowing {
  const side = Math.min(height, width, window);
  const spans = Math.min(height, width) <= window;
  return { height, width, window: side, shift: shifted && !spans ? Math.floor(window / 2) : 0 };
}

/** [batch, height, width, ...] -> [batch * windows, window * window, ...] */
export function toWindows(x: Tensor, geometry: Windowing): Tensor {
  const { window, shift } = geometry;
  const { height, width } = padded(geometry);
  const [, , , ...rest] = x.shape;
  let grid = padTo(x, { height, width });
  if (shift > 0) grid = grid.roll([-shift, -shift], { dims: [1, 2] });
  return grid
    .view([-1, height / window, window, width / window, window, ...rest])
    .transpose(2, 3)
    .reshape([-1, window * window, ...rest]);
}

/**
 * Undoes `toWindows`: [batch * windows, window * window, channels] -> [batch, height, width,
 * channels]
 */
export function toGrid(x: Tensor, geometry: Windowing): Tensor {
  const { window, shift } = geometry;
  const { height, width } = padded(geometry);
  const [, , channels] = x.sizes(3);
  let grid = x
    .view([-1, height / window, width / window, window, window, channels])
    .transpose(2, 3)
    .reshape([-1, height, width, channels]);
  if (shift > 0) grid = grid.roll([shift, shift], { dims: [1, 2] });
  if (height > geometry.height) grid = grid.narrow(1, 0, geometry.height);
  if (width > geometry.width) grid = grid.narrow(2, 0, geometry.width);
  return grid;
}

/**
 * The region of each token: tokens of different regions share a window only because the grid was
 * rolled or padded.
 *
 * @returns f32 [windows, window * window], or nothing where every window is one region
 */
export function regions(geometry: Windowing, device: string): Tensor | undefined {
  const { window, shift } = geometry;
  const { height, width } = padded(geometry);
  if (shift === 0 && height === geometry.height && width === geometry.width) return undefined;
  // Along each axis of the rolled grid: whole windows, the end, what wrapped round, and padding.
  const side = (length: number, own: number) => {
    const place = arange(0, length, { dtype: 'i64', device });
    const isPadding = place.add(shift).remainder(length).ge(own);
    const part = place
      .ge(length - window)
      .to('f32')
      .add(place.ge(length - shift));
    return (shift === 0 ? part.mul(0) : part).maskedFill(isPadding, 3);
  };
  const labels = side(height, geometry.height).mul(4).unsqueeze(1).add(side(width, geometry.width));
  return toWindows(labels.unsqueeze(0), { height, width, window, shift: 0 });
}

function padded({ height, width, window }: Windowing): { height: number; width: number } {
  const up = (length: number) => window * Math.ceil(length / window);
  return { height: up(height), width: up(width) };
}

/** Adds zeros below and to the right: [batch, h, w, ...] -> [batch, height, width, ...] */
export function padTo(x: Tensor, { height, width }: Pick<Windowing, 'height' | 'width'>): Tensor {
  const [, rows = 0, columns = 0] = x.shape;
  const [below, right] = [height - rows, width - columns];
  if (below === 0 && right === 0) return x;
  const inner = x.shape.slice(3).flatMap(() => [0, 0]);
  return x.constantPadNd([...inner, 0, right, 0, below]);
}

/** Undoes `padTo`: cuts a grid to the height and width of another one. */
export function cutTo(x: Tensor, { shape: [, height = 0, width = 0] }: Tensor): Tensor {
  const [, rows, columns] = x.shape;
  const upper = rows === height ? x : x.narrow(1, 0, height);
  return columns === width ? upper : upper.narrow(2, 0, width);
}
