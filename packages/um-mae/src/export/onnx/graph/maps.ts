/** Operators of ONNX on maps [batch, channels, height, width]. */
import { noGrad, type Tensor, tensor } from '@um-mae/torch';
import type { GroupNorm, TransposedConv2d } from '@um-mae/torch/nn';
import { at } from '../../../at.js';
import type { Graph, Size, Value } from './graph.js';
import { computed, places } from './open-sizes.js';

/** Convolves by a kernel of an odd side; the map keeps its size, but for a stride. */
export function convolved(
  graph: Graph,
  x: Value,
  { weight, bias }: { readonly weight: Tensor; readonly bias?: Tensor | undefined },
  stride = 1,
): Value {
  const [outputs, , side] = weight.sizes(4);
  const [batch = 1, , ...size] = x.shape;
  const operands = [x, graph.constant(weight), ...(bias ? [graph.constant(bias)] : [])];
  const pads = Array.from({ length: 4 }, () => (side - 1) / 2);
  const own = stride === 1 ? size : size.map((length) => Math.ceil(Number(length) / stride));
  return graph.node('Conv', operands, [batch, outputs, ...own], {
    kernel_shape: [side, side],
    pads,
    ...(stride > 1 && { strides: [stride, stride] }),
  });
}

/** Makes a square of each place: the map grows by the side of the kernel. */
export function enlarged(graph: Graph, x: Value, { weight, bias }: TransposedConv2d): Value {
  const [, outputs, side] = weight.sizes(4);
  const [batch = 1, , ...size] = x.shape;
  const operands = [x, graph.constant(weight), graph.constant(bias)];
  const shape = [batch, outputs, ...size.map((own) => Number(own) * side)];
  const sides = [side, side];
  const map = graph.node('ConvTranspose', operands, shape, { kernel_shape: sides, strides: sides });
  return graph.isOpen ? graph.measured(map, [2, 3]) : map;
}

/** The largest number of every square of places; what is left of squares is dropped. */
export function largestOfSquares(graph: Graph, x: Value, side: number): Value {
  const [batch = 1, channels = 1, ...size] = x.shape;
  const shape = [batch, channels, ...size.map((own) => Math.floor(Number(own) / side))];
  const sides = [side, side];
  const map = graph.node('MaxPool', [x], shape, { kernel_shape: sides, strides: sides });
  return graph.isOpen ? graph.measured(map, [2, 3]) : map;
}

/** Joins the channels of maps of one size. */
export function concatenated(graph: Graph, maps: readonly Value[]): Value {
  const [batch = 1, , ...size] = at(maps, 0).shape;
  const channels = maps.reduce((sum, { shape }) => sum + Number(at(shape, 1)), 0);
  return graph.node('Concat', maps, [batch, channels, ...size], { axis: 1 });
}

/** Resizes bilinearly, without antialiasing. */
export function resized(
  graph: Graph,
  x: Value,
  size: readonly [height: Size, width: Size],
  alignCorners: boolean,
): Value {
  const [batch = 1, channels = 1, ...own] = x.shape;
  if (own.join() === size.join()) return x;
  const shape = [batch, channels, ...size];
  const operands = graph.isOpen
    ? [x, undefined, undefined, graph.sizes(shape)]
    : [x, undefined, graph.floats([1, 1, ...scalesOf(own.map(Number), size.map(Number))])];
  return graph.node('Resize', operands, shape, {
    mode: { text: 'linear' },
    coordinate_transformation_mode: { text: alignCorners ? 'align_corners' : 'half_pixel' },
  });
}

function scalesOf(own: readonly number[], size: readonly number[]): number[] {
  return size.map((side, axis) => scaleOf(at(own, axis), side));
}

/** The least f32 by which runtimes, which round down, make `side` of `own`. */
function scaleOf(own: number, side: number): number {
  const scale = Math.fround(side / own);
  return Math.floor(Math.fround(own * scale)) < side ? Math.fround(scale * (1 + 2 ** -23)) : scale;
}

/** The means of `side` x `side` parts of a map, which overlap where the sides do not divide it. */
export function pooled(graph: Graph, x: Value, side: number): Value {
  const [batch = 1, channels = 1, ...size] = x.shape;
  if (graph.isOpen) return openPooled(graph, x, side);
  const [height = 1, width = 1] = size.map(Number);
  const [rows, columns] = [sharesOf(height, side), sharesOf(width, side)];
  const shares = Array.from({ length: height * width }, (_, place) => {
    const [row, column] = [at(rows, Math.floor(place / width)), at(columns, place % width)];
    return row.flatMap((share) => column.map((other) => share * other));
  });
  const matrix = noGrad(() => tensor(shares.flat(), { dtype: 'f32' }).view([height * width, -1]));
  const flat = graph.reshape(x, [batch, channels, height * width]);
  const means = graph.product(flat, graph.constant(matrix));
  return graph.reshape(means, [batch, channels, side, side]);
}

/** The share that each of `length` places has in the mean of each of `parts` parts. */
function sharesOf(length: number, parts: number): number[][] {
  return Array.from({ length }, (_, place) =>
    Array.from({ length: parts }, (_, part) => {
      const start = Math.floor((part * length) / parts);
      const end = Math.ceil(((part + 1) * length) / parts);
      return place >= start && place < end ? 1 / (end - start) : 0;
    }),
  );
}

/** The same of a map whose size is measured: a product for each axis. */
function openPooled(graph: Graph, x: Value, side: number): Value {
  const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
  const rows = graph.transpose(measuredShares(graph, height, side), [1, 0]);
  const byRow = graph.node('MatMul', [rows, x], [batch, channels, side, width]);
  const shares = measuredShares(graph, width, side);
  return graph.node('MatMul', [byRow, shares], [batch, channels, side, side]);
}

/** The share that each place of a measured axis has in the mean of each part, [length, parts]. */
function measuredShares(graph: Graph, length: Size, parts: number): Value {
  const place = graph.reshape(places(graph, length), ['places', 1]);
  const part = graph.integers(Array.from({ length: parts }, (_, i) => i));
  const start = computed(graph, 'Div', computed(graph, 'Mul', part, length), parts);
  const next = computed(graph, 'Mul', computed(graph, 'Add', part, 1), length);
  const end = computed(graph, 'Div', computed(graph, 'Add', next, parts - 1), parts);
  const after = computed(graph, 'GreaterOrEqual', place, start);
  const inside = graph.node('And', [after, computed(graph, 'Less', place, end)], [length, parts]);
  const number = graph.cast(computed(graph, 'Sub', end, start), graph.precision);
  return graph.node('Div', [graph.cast(inside, graph.precision), number], [length, parts]);
}

/** Normalises groups of channels of each image. */
export function groupNormed(graph: Graph, { weight, bias, groups }: GroupNorm, x: Value): Value {
  const [batch = 1, channels = 1, ...size] = x.shape;
  const each = size.some((side) => typeof side !== 'number')
    ? graph.measure(groupSize(graph, Number(channels) / groups, size))
    : [Number(channels) / groups, ...size].reduce<number>((all, n) => all * Number(n), 1);
  const one = Array.from({ length: groups }, () => 1);
  const [ones, zeros] = [graph.constant(tensor(one)), graph.constant(tensor(one.map(() => 0)))];
  const grouped = graph.reshape(x, [batch, groups, each]);
  const normed = graph.node('InstanceNormalization', [grouped, ones, zeros], grouped.shape, {
    epsilon: { float: 1e-5 },
  });
  const scale = graph.constant(weight.view([-1, 1, 1]));
  const shift = graph.constant(bias.view([-1, 1, 1]));
  return graph.add(graph.multiply(graph.reshape(normed, x.shape), scale), shift);
}

/** The numbers in a group of channels of a measured map, i64 [1]. */
function groupSize(
  graph: Graph,
  channels: number,
  [height = 1, width = 1]: readonly Size[],
): Value {
  return computed(graph, 'Mul', computed(graph, 'Mul', height, width), channels);
}
