/** PVT on the full grid as operators of ONNX. */
import { ok as assert } from 'node:assert';
import { noGrad } from '@um-mae/torch';
import { at } from '../../at.js';
import { fullPositions } from '../../backbones/parts/patch-grid.js';
import type { Pvt } from '../../backbones/pvt/pvt.js';
import type { ReducedAttention } from '../../backbones/pvt/pvt-block.js';
import type { Graph, Value } from './graph.js';
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
  const [, height, width] = tokens.shape;
  const places = noGrad(() => pvt.placesOn(fullPositions(Number(height), Number(width), 'cpu')));
  let x = graph.add(tokens, graph.constant(places));
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
  const [batch = 0, ...sizes] = x.shape;
  const [height = 0, width = 0, channels = 0] = sizes.map(Number);
  const [rows, columns] = [height / reduction, width / reduction];
  const squares = graph.reshape(x, [batch, rows, reduction, columns, reduction, channels]);
  const pooled = reduction > 1 ? graph.mean(squares, [2, 4]) : x;
  // A convolution whose kernel is one token.
  const weight = graph.constant(layer.sr.weight.view([channels, channels]));
  const mixed = graph.affine(pooled, weight, graph.constant(layer.sr.bias));
  const reduced = layerNorm(graph, layer.norm, mixed);
  const flat = (value: Value, tokens: number) => graph.reshape(value, [batch, tokens, channels]);
  const queries = scaledQueries(layer.q, heads);
  const query = linear(graph, queries, flat(x, height * width));
  const [key, value] = graph.split(linear(graph, layer.kv, flat(reduced, rows * columns)), 2);
  assert(key && value, 'keys and values');
  const attended = attention(graph, { query, key, value, heads });
  return graph.reshape(linear(graph, layer.proj, attended), x.shape);
}
