/** Predictions of all levels as rows of anchors, and boxes of them, as operators of ONNX. */
import { noGrad, type Tensor, tensor } from '@um-mae/torch';
import { at } from '../../../at.js';
import type { Graph, Value } from '../graph/graph.js';

/** [batch, ofPlace * values, height, width] -> [batch, anchors, values] */
export function placeRows(graph: Graph, map: Value, ofPlace: number): Value {
  const [batch = 1, channels = 1, height = 1, width = 1] = map.shape;
  const anchors = Number(height) * Number(width) * ofPlace;
  const rows = graph.transpose(map, [0, 2, 3, 1]);
  return graph.reshape(rows, [batch, anchors, Number(channels) / ofPlace]);
}

/** Joins values along an axis. */
export function joined(graph: Graph, values: readonly Value[], axis: number): Value {
  const shape = at(values, 0).shape.map((size, i) =>
    i === axis ? values.reduce((sum, value) => sum + Number(value.shape[axis]), 0) : size,
  );
  return graph.node('Concat', values, shape, { axis });
}

/** @param anchors [anchors, 4] */
export interface DecodedDeltas {
  readonly anchors: Tensor;
  readonly deviations: readonly number[];
}

/** The limit of logarithms of how much larger a box is than its anchor. */
const mostGrowth = Math.log(1000 / 16);

/**
 * Boxes by shifts of the centre and logarithms of sizes.
 *
 * @param deltas [batch, anchors, 4]
 * @returns [batch, anchors, 4]
 */
export function decodedDeltas(graph: Graph, deltas: Value, options: DecodedDeltas): Value {
  const { anchors, deviations } = options;
  const [first, last] = noGrad(() => anchors.split(2, { dim: -1 })) as [Tensor, Tensor];
  const centres = graph.constant(noGrad(() => first.add(last).mul(0.5)));
  const sizes = graph.constant(noGrad(() => last.sub(first)));
  return boxesOfDeltas(graph, deltas, { centres, sizes, deviations });
}

type Operand = Parameters<Graph['multiply']>[1];

/** @param from centres and sizes of anchors or regions, [..., 2] */
export function boxesOfDeltas(
  graph: Graph,
  deltas: Value,
  from: {
    readonly centres: Operand;
    readonly sizes: Operand;
    readonly deviations: readonly number[];
  },
): Value {
  const scaled = graph.multiply(deltas, graph.constant(tensor(from.deviations)));
  const [shifts, growths] = graph.split(scaled, 2) as [Value, Value];
  const centres = graph.add(graph.multiply(shifts, from.sizes), from.centres);
  const limited = graph.node(
    'Clip',
    [growths, graph.number(-mostGrowth), graph.number(mostGrowth)],
    growths.shape,
  );
  const grown = graph.node('Exp', [limited], growths.shape);
  const halves = graph.multiply(graph.multiply(grown, from.sizes), graph.number(0.5));
  const low = graph.node('Sub', [centres, halves], centres.shape);
  return joined(graph, [low, graph.add(centres, halves)], centres.shape.length - 1);
}
