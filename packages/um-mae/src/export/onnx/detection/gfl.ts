/** A GFL detector as operators of ONNX, up to the boxes and scores before suppression. */
import { noGrad, tensor } from '@um-mae/torch';
import { at } from '../../../at.js';
import { centresOf } from '../../../detection/boxes/distances.js';
import type { Gfl } from '../../../detection/networks/gfl/gfl.js';
import type { PyramidAnchors } from '../../../detection/networks/pyramid/pyramid-anchors.js';
import type { NormedConv } from '../../../heads/normed-conv.js';
import type { Graph, Value } from '../graph/graph.js';
import { activated } from '../graph/map-layers.js';
import { convolved } from '../graph/maps.js';
import { build, type GraphOptions, type ModelGraph } from '../model.js';
import { levelValues } from './levels.js';
import { joined, placeRows } from './rows.js';

/**
 * The outputs `boxes` [batch, places, 4], in pixels of the input and not cut to it, and `scores`
 * [batch, places, classes].
 */
export function gflGraph(model: Gfl, anchors: PyramidAnchors, options: GraphOptions): ModelGraph {
  const { bbox_head: head } = model;
  const finest = at(at(anchors.grids, 0).stride, 0);
  return build(options, (graph, images) => {
    const levels = levelValues(graph, model, images, { count: anchors.grids.length, finest });
    const tower = (layers: readonly NormedConv[], x: Value) =>
      layers.reduce((map, layer) => activated(graph, layer, map), x);
    const scores = levels.map((level) => {
      const logits = convolved(graph, tower(head.cls_convs, level), head.gfl_cls);
      const rows = placeRows(graph, logits, 1);
      return graph.node('Sigmoid', [rows], rows.shape);
    });
    const distances = levels.map((level, i) => {
      const logits = convolved(graph, tower(head.reg_convs, level), head.gfl_reg);
      const scale = graph.constant(at(head.scales, i).scale);
      return expectedBins(graph, graph.multiply(logits, scale));
    });
    const boxes = boxesOf(graph, joined(graph, distances, 1), anchors);
    return [graph.output(boxes, 'boxes'), graph.output(joined(graph, scores, 1), 'scores')];
  });
}

/** The expected distances of the sides. @returns [batch, places, 4] */
function expectedBins(graph: Graph, logits: Value): Value {
  const [batch = 1, channels = 1, height = 1, width = 1] = logits.shape;
  const [places, bins] = [Number(height) * Number(width), Number(channels) / 4];
  const rows = graph.reshape(placeRows(graph, logits, 1), [batch, 4 * places, bins]);
  const numbers = tensor(Array.from({ length: bins }, (_, bin) => bin)).view([bins, 1]);
  const means = graph.product(graph.softmax(rows), graph.constant(numbers));
  return graph.reshape(means, [batch, places, 4]);
}

/** Moves the centre of every anchor by the distances, which are strides of its level. */
function boxesOf(graph: Graph, distances: Value, { boxes, strides }: PyramidAnchors): Value {
  const { centres, steps } = noGrad(() => {
    const outward = tensor([-1, -1, 1, 1]);
    return {
      centres: centresOf(boxes).repeat([1, 2]),
      steps: strides.unsqueeze(1).mul(outward),
    };
  });
  return graph.add(graph.multiply(distances, graph.constant(steps)), graph.constant(centres));
}
