/**
 * A two-stage detector as operators of ONNX, in three graphs: what runtimes in browsers lack lies
 * between them. The regions of each level come in apart, so that each is read from its own.
 */
import { at } from '../../../at.js';
import type { MaskRcnn } from '../../../detection/networks/mask-rcnn.js';
import type { PyramidAnchors } from '../../../detection/networks/pyramid-anchors.js';
import { boxDeviations } from '../../../detection/networks/roi-targets.js';
import { proposalDeviations } from '../../../detection/networks/rpn-loss.js';
import { Graph, type Value } from '../graph.js';
import { linear } from '../layers.js';
import { activated, rectified } from '../map-layers.js';
import { convolved, enlarged } from '../maps.js';
import { build, type GraphOptions, type ModelGraph } from '../model.js';
import type { LevelParts } from './levels.js';
import { levelValues } from './levels.js';
import { boxesOfDeltas, decodedDeltas, joined, placeRows } from './rows.js';

/** A detector of two stages on any backbone. */
export type RcnnParts = LevelParts & Pick<MaskRcnn, 'rpn_head' | 'roi_head' | 'classes'>;

/** The number of levels that regions are read from. */
export const readLevels = 4;

/**
 * The outputs `level0` to `level3` [batch, channels, rows, columns], `proposal_boxes` [batch,
 * anchors, 4], in pixels of the input and not cut to it, and `proposal_scores` [batch, anchors].
 */
export function proposalGraph(
  model: RcnnParts,
  anchors: PyramidAnchors,
  options: GraphOptions,
): ModelGraph {
  const { rpn_head: head } = model;
  const { grids, ofPlace, boxes: places } = anchors;
  return build(options, (graph, images) => {
    const finest = at(at(grids, 0).stride, 0);
    const levels = levelValues(graph, model, images, { count: grids.length, finest });
    const mixed = levels.map((level) => rectified(graph, convolved(graph, level, head.rpn_conv)));
    const rows = (layer: typeof head.rpn_cls) =>
      joined(
        graph,
        mixed.map((map) => placeRows(graph, convolved(graph, map, layer), ofPlace)),
        1,
      );
    const logits = rows(head.rpn_cls);
    const flat = graph.reshape(logits, logits.shape.slice(0, 2));
    const scores = graph.node('Sigmoid', [flat], flat.shape);
    const deltas = rows(head.rpn_reg);
    const boxes = decodedDeltas(graph, deltas, { anchors: places, deviations: proposalDeviations });
    return [
      ...levels.slice(0, readLevels).map((level, i) => graph.output(level, `level${i}`)),
      graph.output(boxes, 'proposal_boxes'),
      graph.output(scores, 'proposal_scores'),
    ];
  });
}

/** The levels of one picture that a graph of regions reads. */
export interface ReadLevels {
  /** [1, channels, rows, columns] of each */
  readonly shapes: readonly (readonly number[])[];
  /** Pixels of the input to a place of each. */
  readonly strides: readonly number[];
}

/**
 * Inputs are levels, and `regions0` to `regions3` [regions, 4]. The outputs, of all regions in this
 * order, are `boxes` [regions, classes, 4], not cut to the input, and `scores` [regions, classes].
 */
export function boxGraph(model: RcnnParts, levels: ReadLevels, side: number): ModelGraph {
  const { bbox_head: head } = model.roi_head;
  return regionGraph(levels, (graph, inputs) => {
    const features = regionFeatures(graph, inputs, levels, side);
    const [count = 1, channels = 1] = features.shape;
    const flat = graph.reshape(features, [count, Number(channels) * side * side]);
    const mixed = head.shared_fcs.reduce(
      (x, layer) => rectified(graph, linear(graph, layer, x)),
      flat,
    );
    const logits = graph.softmax(linear(graph, head.fc_cls, mixed));
    const { classes } = model;
    const bounds = [[0], [classes], [1]].map((values) => graph.integers(values));
    const scores = graph.node('Slice', [logits, ...bounds], [count, classes]);
    const deltas = graph.reshape(linear(graph, head.fc_reg, mixed), [count, classes, 4]);
    const regions = graph.reshape(joined(graph, inputs.regions, 0), [count, 1, 4]);
    const [low, high] = graph.split(regions, 2) as [Value, Value];
    const centres = graph.multiply(graph.add(low, high), graph.number(0.5));
    const sizes = graph.node('Sub', [high, low], low.shape);
    const boxes = boxesOfDeltas(graph, deltas, { centres, sizes, deviations: boxDeviations });
    return [graph.output(boxes, 'boxes'), graph.output(scores, 'scores')];
  });
}

/** The same inputs. The output is `masks` [regions, classes, rows, columns], probabilities. */
export function maskGraph(
  { roi_head: { mask_head: head } }: RcnnParts,
  levels: ReadLevels,
  side: number,
): ModelGraph | undefined {
  if (!head) return undefined;
  return regionGraph(levels, (graph, inputs) => {
    const features = regionFeatures(graph, inputs, levels, side);
    const mixed = head.convs.reduce((x, layer) => activated(graph, layer, x), features);
    const larger = rectified(graph, enlarged(graph, mixed, head.upsample));
    const logits = convolved(graph, larger, head.conv_logits);
    return [graph.output(graph.node('Sigmoid', [logits], logits.shape), 'masks')];
  });
}

interface RegionInputs {
  readonly levels: readonly Value[];
  readonly regions: readonly Value[];
}

function regionGraph(
  { shapes }: ReadLevels,
  body: (graph: Graph, inputs: RegionInputs) => ModelGraph['outputs'],
): ModelGraph {
  const graph = new Graph(1, 'f32', true);
  const levels = shapes.map((shape, i) => ({ name: `level${i}`, shape }));
  const regions = shapes.map((_, i) => ({ name: `regions${i}`, shape: [`count${i}`, 4] }));
  const outputs = body(graph, { levels, regions });
  const { values, nodes, constants } = graph;
  const inputs = [...levels, ...regions];
  return { inputs, outputs, values, precision: 'f32', nodes, constants };
}

/** RoIAlign of the regions of each level. @returns [regions, channels, side, side] */
function regionFeatures(
  graph: Graph,
  { levels, regions }: RegionInputs,
  { strides }: ReadLevels,
  side: number,
): Value {
  const parts = levels.map((level, i) => {
    const own = at(regions, i);
    const [count = 1] = own.shape;
    // The picture of each region: the only one.
    const first = graph.gather(own, [0], 1);
    const zeros = graph.node(
      'Squeeze',
      [graph.multiply(first, graph.number(0)), graph.integers([1])],
      [count],
    );
    const pictures = graph.cast(zeros, 'i64');
    return graph.node('RoiAlign', [level, own, pictures], [count, at(level.shape, 1), side, side], {
      coordinate_transformation_mode: { text: 'half_pixel' },
      mode: { text: 'avg' },
      output_height: side,
      output_width: side,
      sampling_ratio: 0,
      spatial_scale: { float: 1 / at(strides, i) },
    });
  });
  const [, channels = 1] = at(levels, 0).shape;
  return graph.node('Concat', parts, ['regions', channels, side, side], { axis: 0 });
}
