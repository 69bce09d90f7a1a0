/**
 * Attention in the windows of a Swin for images of any size, as operators of ONNX: window and shift
 * of a stage are known, its grid is measured when the model runs. See `nominalLayouts`.
 */
import { noGrad } from '@um-mae/torch';
import type { PositionPairs } from '../../../backbones/swin/position-bias.js';
import { positionBias } from '../../../backbones/swin/position-bias.js';
import type { SwinBlock } from '../../../backbones/swin/swin-block.js';
import type { WindowLayout } from '../../../backbones/swin/window-attention.js';
import type { Graph, Initializer, Size, Value } from '../graph/graph.js';
import { computed, gathered, places, roundedUp } from '../graph/open-sizes.js';
import { attention, linear, queriesKeysValues } from './layers.js';

interface OpenAttention {
  readonly block: SwinBlock;
  readonly layout: WindowLayout;
  readonly heads: number;
}

/** A grid that windows divide, in tokens, and the numbers of its windows. */
interface OpenGrid {
  readonly window: number;
  readonly shift: number;
  readonly height: Size;
  readonly width: Size;
  readonly down: Size;
  readonly across: Size;
}

/** @param x [batch, height, width, channels], of measured sizes  @returns the same shape */
export function openWindowAttention(
  graph: Graph,
  x: Value,
  { block: { attn }, layout: { windows, pairs }, heads }: OpenAttention,
): Value {
  const grid = gridOf(graph, x, windows);
  const tokens = toWindows(graph, rolled(graph, padded(graph, x, grid), grid), grid);
  const parts = queriesKeysValues(graph, attn.qkv, { x: tokens, heads });
  const one = oneWindow(pairs);
  const bias = graph.constant(noGrad(() => positionBias(attn.posmlp.table(one), one)));
  const mixed = attention(graph, { ...parts, heads }, (logits) =>
    separated(graph, graph.add(logits, bias), grid),
  );
  return toGrid(graph, linear(graph, attn.proj, mixed), { grid, shape: x.shape });
}

/** The pairs inside any window that nothing separates. */
function oneWindow({ differences, places }: PositionPairs): PositionPairs {
  return { differences, places: places.narrow(0, 0, 1), regions: undefined };
}

function gridOf(
  graph: Graph,
  { shape: [, rows = 0, columns = 0] }: Value,
  { window, shift }: Pick<OpenGrid, 'window' | 'shift'>,
): OpenGrid {
  const [height, width] = [roundedUp(graph, rows, window), roundedUp(graph, columns, window)];
  const count = (side: Size) => graph.measure(computed(graph, 'Div', side, window));
  return { window, shift, height, width, down: count(height), across: count(width) };
}

/** Adds zeros below and on the right. */
function padded(graph: Graph, x: Value, { height, width }: OpenGrid): Value {
  const [batch = 0, rows = 0, columns = 0, channels = 0] = x.shape;
  const below = graph.measure(computed(graph, 'Sub', height, rows));
  const right = graph.measure(computed(graph, 'Sub', width, columns));
  const pads = graph.sizes([0, 0, 0, 0, 0, below, right, 0]);
  return graph.node('Pad', [x, pads], [batch, height, width, channels]);
}

/** Rolls a grid up and to the left. */
function rolled(graph: Graph, x: Value, { height, width, shift }: OpenGrid): Value {
  if (shift === 0) return x;
  const moved = (size: Size) =>
    computed(graph, 'Mod', computed(graph, 'Add', places(graph, size), shift), size);
  const up = gathered(graph, x, { at: moved(height), axis: 1, size: height });
  return gathered(graph, up, { at: moved(width), axis: 2, size: width });
}

/** [batch, height, width, channels] -> [batch * windows, window * window, channels] */
function toWindows(graph: Graph, x: Value, { window, down, across }: OpenGrid): Value {
  const [batch = 0, , , channels = 0] = x.shape;
  const cut = graph.reshape(x, [batch, down, window, across, window, channels]);
  const together = graph.transpose(cut, [0, 1, 3, 2, 4, 5]);
  return graph.reshape(together, ['windows', window * window, channels]);
}

/** Undoes windows, roll and padding: the result has `shape`, that of the tokens. */
function toGrid(
  graph: Graph,
  x: Value,
  { grid, shape }: { readonly grid: OpenGrid; readonly shape: Value['shape'] },
): Value {
  const { window, shift, height, width, down, across } = grid;
  const [batch = 0, rows = 0, columns = 0, channels = 0] = shape;
  const cut = graph.reshape(x, [batch, down, across, window, window, channels]);
  const apart = graph.transpose(cut, [0, 1, 3, 2, 4, 5]);
  const whole = graph.reshape(apart, [batch, height, width, channels]);
  // The roll back and the cut at once.
  const back = (own: Size, size: Size) => {
    const start = computed(graph, 'Sub', size, shift);
    return computed(graph, 'Mod', computed(graph, 'Add', places(graph, own), start), size);
  };
  const upper = gathered(graph, whole, { at: back(rows, height), axis: 1, size: rows });
  return gathered(graph, upper, { at: back(columns, width), axis: 2, size: columns });
}

/** Lessens logits of pairs that are together only because the grid was rolled. */
function separated(graph: Graph, logits: Value, grid: OpenGrid): Value {
  if (grid.shift === 0) return logits;
  const [, heads = 0, cells = 0] = logits.shape;
  const windows = graph.measure(computed(graph, 'Mul', grid.down, grid.across));
  const apart = graph.reshape(logits, [graph.batch, windows, heads, cells, cells]);
  const labels = regionsOf(graph, grid);
  const [queries, keys] = [
    graph.reshape(labels, [windows, 1, cells, 1]),
    graph.reshape(labels, [windows, 1, 1, cells]),
  ];
  const equal = graph.node('Equal', [queries, keys], [windows, 1, cells, cells]);
  const none = graph.add(graph.cast(equal, graph.precision), graph.number(-1));
  return graph.reshape(graph.add(apart, graph.multiply(none, graph.number(100))), logits.shape);
}

/** The region of each token of each window, i64 [windows, window * window]; see `regions`. */
function regionsOf(graph: Graph, grid: OpenGrid): Value {
  const { window, shift, height, width, down, across } = grid;
  const labels = (length: Size) => {
    const place = places(graph, length);
    const from = (last: number | Initializer) =>
      graph.cast(
        computed(graph, 'GreaterOrEqual', place, computed(graph, 'Sub', length, last)),
        'i64',
      );
    return computed(graph, 'Add', from(window), from(shift));
  };
  const rows = graph.reshape(computed(graph, 'Mul', labels(height), 3), ['rows', 1]);
  const sum = graph.node('Add', [rows, labels(width)], [height, width]);
  const cut = graph.reshape(sum, [down, window, across, window]);
  return graph.reshape(graph.transpose(cut, [0, 2, 1, 3]), ['windows', window * window]);
}
