/** Arithmetic on sizes that are measured when a model runs. */
import type { Graph, Initializer, Size, Value } from './graph.js';

/** A size, or its value in the graph, i64 [1] or [places]. */
type Operand = Size | Value | Initializer;

type Operator = 'Add' | 'Sub' | 'Mul' | 'Div' | 'Mod' | 'GreaterOrEqual' | 'Less';

/** Applies an operator to whole numbers; a quotient is rounded down. */
export function computed(graph: Graph, operator: Operator, a: Operand, b: Operand): Value {
  const [left, right] = [a, b].map((x) => (typeof x === 'object' ? x : graph.size(x)));
  return graph.node(operator, [left, right], [1]);
}

/** The number of tokens of a grid. */
export function tokensOf(graph: Graph, rows: Size, columns: Size): Size {
  if (typeof rows === 'number' && typeof columns === 'number') return rows * columns;
  return graph.measure(computed(graph, 'Mul', rows, columns));
}

/** The least multiple of `unit` that reaches a size, as a size. */
export function roundedUp(graph: Graph, size: Size, unit: number): Size {
  const units = computed(graph, 'Div', computed(graph, 'Add', size, unit - 1), unit);
  return graph.measure(computed(graph, 'Mul', units, unit));
}

/** The places 0, 1, ... of an axis, i64 [size]. */
export function places(graph: Graph, size: Size): Value {
  const [start, end, step] = [0, size, 1].map((x) => graph.node('Squeeze', [graph.size(x)], []));
  return graph.node('Range', [start, end, step], [size]);
}

/** The entries of an axis at measured places, in this order. */
export function gathered(
  graph: Graph,
  x: Value,
  { at, axis, size }: { readonly at: Value; readonly axis: number; readonly size: Size },
): Value {
  const shape = x.shape.map((own, i) => (i === axis ? size : own));
  return graph.node('Gather', [x, at], shape, { axis });
}

/** Stored positions [1, rows, columns, channels], resized bicubically to a measured grid. */
export function resizedPositions(
  graph: Graph,
  table: Initializer,
  [rows, columns]: readonly [rows: Size, columns: Size],
): Value {
  const channels = Number(table.shape.at(-1));
  const first = graph.node('Transpose', [table], [1, channels], { perm: [0, 3, 1, 2] });
  const shape = [1, channels, rows, columns];
  const operands = [first, undefined, undefined, graph.sizes(shape)];
  const resized = graph.node('Resize', operands, shape, {
    mode: { text: 'cubic' },
    cubic_coeff_a: { float: -0.75 },
    coordinate_transformation_mode: { text: 'half_pixel' },
  });
  return graph.transpose(resized, [0, 2, 3, 1]);
}
