/** Windows of a grid of tokens, and the way back, as operators of ONNX for images of one size. */
import { arange } from '@um-mae/torch';
import { at } from '../../../at.js';
import { toGrid, toWindows, type Windowing } from '../../../backbones/parts/grid/windows.js';
import type { Graph, Value } from '../graph/graph.js';
import { integersOf } from './layers.js';

/**
 * Tokens by windows; zeros pad a grid that they do not divide. Taken before a projection, there is
 * less to move than after it.
 *
 * @param x [batch, height, width, channels]
 * @returns [batch * windows, window * window, channels]
 */
export function intoWindows(graph: Graph, x: Value, geometry: Windowing): Value {
  const [windows = 1, cells = 1] = cut(geometry).windows;
  const together = graph.gather(padded(graph, x, geometry), cut(geometry).places, 1);
  return graph.reshape(together, [graph.batches(windows), cells, at(x.shape, 3)]);
}

/** Undoes `intoWindows`; the result has `shape`, that of the grid. */
export function outOfWindows(
  graph: Graph,
  x: Value,
  { windows: geometry, shape }: { readonly windows: Windowing; readonly shape: Value['shape'] },
): Value {
  const [, height = 0, width = 0, channels = 0] = shape;
  const [windows = 1, cells = 1] = cut(geometry).windows;
  const together = graph.reshape(x, [graph.batch, windows * cells, channels]);
  const back = graph.gather(together, backPlaces(geometry, Number(height), Number(width)), 1);
  return graph.reshape(back, [graph.batch, height, width, channels]);
}

/** [batch, height, width, channels] -> [batch, tokens of the padded grid, channels] */
function padded(graph: Graph, x: Value, { height, width, window }: Windowing): Value {
  const up = (length: number) => window * Math.ceil(length / window);
  const [, rows, columns] = x.shape;
  const after = [0, up(height) - Number(rows), up(width) - Number(columns), 0];
  const whole = after.some((count) => count > 0) ? graph.pad(x, [0, 0, 0, 0], after) : x;
  return graph.reshape(whole, [graph.batch, up(height) * up(width), at(x.shape, 3)]);
}

/** Finds the token of the padded grid that each token of the windows is. */
function cut(geometry: Windowing): { windows: readonly number[]; places: number[] } {
  const { window, shift } = geometry;
  const up = (length: number) => window * Math.ceil(length / window);
  const [height, width] = [up(geometry.height), up(geometry.width)];
  const raster = arange(0, height * width, { dtype: 'i64' }).view([1, height, width]);
  const cells = toWindows(raster, { height, width, window, shift });
  return { windows: cells.shape, places: integersOf(cells) };
}

/** Finds the token of the windows that each token of a grid is, which they may reach beyond. */
function backPlaces(geometry: Windowing, rows: number, columns: number): number[] {
  const [windows = 1, cells = 1] = cut(geometry).windows;
  const order = arange(0, windows * cells, { dtype: 'i64' }).view([windows, cells, 1]);
  const grid = toGrid(order, geometry).narrow(1, 0, rows).narrow(2, 0, columns);
  return integersOf(grid.contiguous());
}
