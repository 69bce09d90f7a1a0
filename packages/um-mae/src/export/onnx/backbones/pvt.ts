/** PVT on the full grid as operators of ONNX. */
import { ok as assert } from 'node:assert';
import { noGrad } from '@um-mae/torch';
import { at } from '../../../at.js';
import { fullPositions } from '../../../backbones/parts/grid/patch-grid.js';
import type { Pvt } from '../../../backbones/pvt/pvt.js';
import type { ReducedAttention } from '../../../backbones/pvt/pvt-block.js';
import type { Graph, Size, Value } from '../graph/graph.js';
import { resizedPositions, tokensOf } from '../graph/open-sizes.js';
import {
  attention,
  downsample,
  type EncoderInput,
  layerNorm,
  linear,
  patchEmbedding,
  residual,
  scaledQueries,
} from './layers.js';

/** @returns the output of each stage before the final norm, [batch, height, width, channels] */
export function pvtMaps(graph: Graph, pvt: Pvt, { images }: EncoderInput): Value[] {
  const { depths, heads, reductions } = pvt.options;
  const tokens = patchEmbedding(graph, pvt.patch_embed, images);
  const [, height = 0, width = 0] = tokens.shape;
  let x = graph.add(tokens, placesOn(graph, pvt, [height, width]));
  let first = 0;
  return depths.map((depth, stage) => {
    for (const block of pvt.blocks.slice(first, first + depth)) {
      if (block.downsample) x = downsample(graph, block.downsample, x);
      const parts = {
        layer: block.attn,
        heads: at(heads, stage),
        reduction: at(reductions, stage),
      };
      x = residual(graph, block, x, (normed) => reducedAttention(graph, normed, parts));
    }
    first += depth;
    return x;
  });
}

/** The positions of a grid [1, height, width, channels], which may be measured later. */
function placesOn(graph: Graph, pvt: Pvt, [height, width]: readonly [Size, Size]) {
  const stored = (rows: number, columns: number) =>
    graph.constant(noGrad(() => pvt.placesOn(fullPositions(rows, columns, 'cpu'))));
  if (typeof height === 'number') return stored(height, Number(width));
  const { rows, columns } = pvt.grid;
  return resizedPositions(graph, stored(rows, columns), [height, width]);
}

interface ReducedAttentionParts {
  readonly layer: ReducedAttention;
  readonly heads: number;
  readonly reduction: number;
}

/** @param x [batch, height, width, channels]  @returns the same shape */
function reducedAttention(
  graph: Graph,
  x: Value,
  { layer, heads, reduction }: ReducedAttentionParts,
): Value {
  const [batch = 0, , , last] = x.shape;
  const channels = Number(last);
  const pooled = reduction > 1 ? squareMeans(graph, x, reduction) : x;
  // A convolution whose kernel is one token.
  const weight = graph.constant(layer.sr.weight.view([channels, channels]));
  const mixed = graph.affine(pooled, weight, graph.constant(layer.sr.bias));
  const reduced = layerNorm(graph, layer.norm, mixed);
  const flat = (map: Value) => {
    const [, down = 0, across = 0] = map.shape;
    return graph.reshape(map, [batch, tokensOf(graph, down, across), channels]);
  };
  const queries = scaledQueries(layer.q, heads);
  const query = linear(graph, queries, flat(x));
  const [key, value] = graph.split(linear(graph, layer.kv, flat(reduced)), 2);
  assert(key && value, 'keys and values');
  const attended = attention(graph, { query, key, value, heads });
  return graph.reshape(linear(graph, layer.proj, attended), x.shape);
}

/** The means of squares of tokens; what is left of squares below and on the right is dropped. */
function squareMeans(graph: Graph, x: Value, side: number): Value {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  if (typeof height === 'number' && typeof width === 'number') {
    const cut = [batch, height / side, side, width / side, side, channels];
    return graph.mean(graph.reshape(x, cut), [2, 4]);
  }
  const map = graph.transpose(x, [0, 3, 1, 2]);
  const attributes = { kernel_shape: [side, side], strides: [side, side] };
  const means = graph.node('AveragePool', [map], map.shape, attributes);
  return graph.transpose(graph.measured(means, [2, 3]), [0, 2, 3, 1]);
}
