/**
 * A two-stage detector as operators of ONNX, in three graphs, of a cascade in one more for each
 * further stage: what runtimes in browsers lack lies between them. The regions of each level come
 * in apart, so that each is read from its own.
 */
import { at } from '../../../at.js';
import type { MaskRcnn } from '../../../detection/networks/mask-rcnn.js';
import { proposalDeviations } from '../../../detection/networks/proposals/rpn-loss.js';
import type { PyramidAnchors } from '../../../detection/networks/pyramid/pyramid-anchors.js';
import {
  type SemanticHead,
  semanticLevel,
} from '../../../detection/networks/regions/semantic-head.js';
import { linear } from '../backbones/layers.js';
import { Graph, type Value } from '../graph/graph.js';
import { activated, rectified } from '../graph/map-layers.js';
import { convolved, enlarged, resized } from '../graph/maps.js';
import { build, type GraphOptions, type ModelGraph } from '../model.js';
import type { LevelParts } from './levels.js';
import { levelValues } from './levels.js';
import { boxesOfDeltas, decodedDeltas, joined, placeRows } from './rows.js';

/** A detector of two stages on any backbone. */
export type RcnnParts = LevelParts &
  Pick<MaskRcnn, 'rpn_head' | 'roi_head' | 'rules' | 'sides' | 'classes'>;

/** The number of levels that regions are read from. */
export const readLevels = 4;

/**
 * The outputs `level0` to `level3` [batch, channels, rows, columns], `proposal_boxes` [batch,
 * anchors, 4], in pixels of the input and not cut to it, and `proposal_scores` [batch, anchors];
 * with a semantic branch `semantic` [batch, channels, rows, columns], of the places of `level1`.
 */
export function proposalGraph(
  model: RcnnParts,
  anchors: PyramidAnchors,
  options: GraphOptions,
): ModelGraph {
  const { rpn_head: head } = model;
  const { semantic_head: semantic } = model.roi_head;
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
      ...(semantic ? [graph.output(semanticEmbedding(graph, semantic, levels), 'semantic')] : []),
    ];
  });
}

/** The maps of one picture that a graph of regions reads. */
export interface ReadLevels {
  /** [1, channels, rows, columns] of each */
  readonly shapes: readonly (readonly number[])[];
  /** Pixels of the input to a place of each. */
  readonly strides: readonly number[];
}

/**
 * Inputs are levels, `semantic` where there is such a branch, and `regions0` to `regions3`
 * [regions, 4]. The outputs, of all regions in this order, are `boxes` [regions, classes, 4] (or
 * [regions, 1, 4] for all classes), not cut to the input, and `scores` [regions, classes]; of a
 * cascade `logits` [regions, classes + 1] instead.
 */
export function boxGraph(model: RcnnParts, levels: ReadLevels, stage = 0): ModelGraph {
  const { classes, roi_head: heads, rules, sides } = model;
  const head = at(heads.boxHeads, stage);
  const { deviations } = at(rules.stages, stage);
  return regionGraph(model, levels, (graph, inputs) => {
    const maps = head.shared_convs.reduce(
      (x, layer) => activated(graph, layer, x),
      regionFeatures(graph, inputs, { levels, sides, side: sides.box }),
    );
    const [count = 1, channels = 1] = maps.shape;
    const mixed = head.shared_fcs.reduce(
      (x, layer) => rectified(graph, linear(graph, layer, x)),
      graph.reshape(maps, [count, Number(channels) * sides.box ** 2]),
    );
    const logits = linear(graph, head.fc_cls, mixed);
    const deltas = linear(graph, head.fc_reg, mixed);
    const boxes = graph.reshape(deltas, [count, Number(deltas.shape[1]) / 4, 4]);
    const regions = graph.reshape(allRegions(graph, inputs), [count, 1, 4]);
    const [low, high] = graph.split(regions, 2) as [Value, Value];
    const centres = graph.multiply(graph.add(low, high), graph.number(0.5));
    const sizes = graph.node('Sub', [high, low], low.shape);
    const moved = boxesOfDeltas(graph, boxes, { centres, sizes, deviations });
    if (rules.stages.length > 1)
      return [graph.output(moved, 'boxes'), graph.output(logits, 'logits')];
    const bounds = [[0], [classes], [1]].map((values) => graph.integers(values));
    const scores = graph.node('Slice', [graph.softmax(logits), ...bounds], [count, classes]);
    return [graph.output(moved, 'boxes'), graph.output(scores, 'scores')];
  });
}

/**
 * The same inputs. The output is `masks` [regions, classes, rows, columns], probabilities, the mean
 * of all stages.
 */
export function maskGraph(model: RcnnParts, levels: ReadLevels): ModelGraph | undefined {
  const { roi_head: heads, sides } = model;
  const { maskHeads } = heads;
  if (maskHeads.length === 0) return undefined;
  return regionGraph(model, levels, (graph, inputs) => {
    const features = regionFeatures(graph, inputs, { levels, sides, side: sides.mask });
    let earlier: Value | undefined;
    const masks = maskHeads.map((head) => {
      const added = earlier && head.conv_res && activated(graph, head.conv_res, earlier);
      const own = added ? graph.add(features, added) : features;
      const mixed = head.convs.reduce((x, layer) => activated(graph, layer, x), own);
      earlier = mixed;
      const larger = rectified(graph, enlarged(graph, mixed, head.upsample));
      const logits = convolved(graph, larger, head.conv_logits);
      return graph.node('Sigmoid', [logits], logits.shape);
    });
    const sum = masks.reduce((all, one) => graph.add(all, one));
    const mean = masks.length === 1 ? sum : graph.multiply(sum, graph.number(1 / masks.length));
    return [graph.output(mean, 'masks')];
  });
}

/** The map that is added to the features of regions, of the places of the second level. */
function semanticEmbedding(graph: Graph, head: SemanticHead, levels: readonly Value[]): Value {
  const [, , rows = 1, columns = 1] = at(levels, semanticLevel).shape;
  const mixed = head.lateral_convs
    .map((conv, i) => activated(graph, conv, resized(graph, at(levels, i), [rows, columns], true)))
    .reduce((sum, map) => graph.add(sum, map));
  const all = head.convs.reduce((x, conv) => activated(graph, conv, x), mixed);
  return activated(graph, head.conv_embedding, all);
}

interface RegionInputs {
  readonly levels: readonly Value[];
  readonly regions: readonly Value[];
  readonly semantic: Value | undefined;
}

function regionGraph(
  { roi_head: heads }: RcnnParts,
  { shapes }: ReadLevels,
  body: (graph: Graph, inputs: RegionInputs) => ModelGraph['outputs'],
): ModelGraph {
  const graph = new Graph(1, 'f32', true);
  const levels = shapes.map((shape, i) => ({ name: `level${i}`, shape }));
  const regions = shapes.map((_, i) => ({ name: `regions${i}`, shape: [`count${i}`, 4] }));
  const semantic = heads.semantic_head && { name: 'semantic', shape: at(shapes, semanticLevel) };
  const outputs = body(graph, { levels, regions, semantic });
  const { values, nodes, constants } = graph;
  const inputs = [...levels, ...(semantic ? [semantic] : []), ...regions];
  return { inputs, outputs, values, precision: 'f32', nodes, constants };
}

interface FeatureOptions extends Pick<MaskRcnn, 'sides'> {
  readonly levels: ReadLevels;
  /** Rows and columns of the result. */
  readonly side: number;
}

/** RoIAlign of the regions of each level. @returns [regions, channels, side, side] */
function regionFeatures(
  graph: Graph,
  { levels, regions, semantic }: RegionInputs,
  { levels: { strides }, sides, side }: FeatureOptions,
): Value {
  const parts = levels.map((level, i) =>
    alignedRegions(graph, level, at(regions, i), { stride: at(strides, i), side }),
  );
  const [, channels = 1] = at(levels, 0).shape;
  const shape = ['regions', channels, side, side];
  const features = graph.node('Concat', parts, shape, { axis: 0 });
  if (!semantic) return features;
  const options = { stride: at(strides, semanticLevel), side: sides.mask };
  const own = alignedRegions(graph, semantic, allRegions(graph, { regions }), options);
  return graph.add(features, side === sides.mask ? own : means(graph, own, side));
}

/** Those of all levels, [regions, 4]. */
function allRegions(graph: Graph, { regions }: Pick<RegionInputs, 'regions'>): Value {
  return graph.node('Concat', regions, ['regions', 4], { axis: 0 });
}

/** Means of the parts of a square map, which its side is a multiple of. */
function means(graph: Graph, x: Value, side: number): Value {
  const [count = 1, channels = 1, rows = 1] = x.shape;
  const own = Number(rows) / side;
  return graph.node('AveragePool', [x], [count, channels, side, side], {
    kernel_shape: [own, own],
    strides: [own, own],
  });
}

function alignedRegions(
  graph: Graph,
  map: Value,
  regions: Value,
  { stride, side }: { readonly stride: number; readonly side: number },
): Value {
  const [count = 1] = regions.shape;
  // The picture of each region: the only one.
  const first = graph.gather(regions, [0], 1);
  const zeros = graph.node(
    'Squeeze',
    [graph.multiply(first, graph.number(0)), graph.integers([1])],
    [count],
  );
  const pictures = graph.cast(zeros, 'i64');
  return graph.node('RoiAlign', [map, regions, pictures], [count, at(map.shape, 1), side, side], {
    coordinate_transformation_mode: { text: 'half_pixel' },
    mode: { text: 'avg' },
    output_height: side,
    output_width: side,
    sampling_ratio: 0,
    spatial_scale: { float: 1 / stride },
  });
}
