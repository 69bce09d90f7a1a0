/** The block of plain vision transformers as operators of ONNX. */
import type { TransformerBlock } from '../../../backbones/parts/blocks/transformer-block.js';
import type { Graph, Value } from '../graph/graph.js';
import { tokensOf } from '../graph/open-sizes.js';
import { attention, linear, queriesKeysValues, residual } from './layers.js';

/** The tokens that attend to each other, and what is added to their logits. */
export interface BlockOptions {
  /** Adds to the logits of attention. */
  readonly bias?: ((logits: Value) => Value) | undefined;
  /** Tokens before attention, as it takes them, and the way back. */
  readonly into?: ((normed: Value) => Value) | undefined;
  readonly outOf?: ((mixed: Value) => Value) | undefined;
}

/** @param x [batch, tokens, channels] */
export function transformerBlock(
  graph: Graph,
  block: TransformerBlock,
  x: Value,
  { bias, into, outOf }: BlockOptions = {},
): Value {
  const { qkv, proj, heads } = block.attn;
  return residual(graph, block, x, (normed) => {
    const parts = queriesKeysValues(graph, qkv, { x: into ? into(normed) : normed, heads });
    const mixed = attention(graph, { ...parts, heads }, bias);
    return linear(graph, proj, outOf ? graph.reshape(outOf(mixed), normed.shape) : mixed);
  });
}

/** The same on a map, whose places are the tokens. @param map [batch, height, width, channels] */
export function blockOnMap(graph: Graph, block: TransformerBlock, map: Value): Value {
  const [batch = 0, height = 0, width = 0, channels = 0] = map.shape;
  const tokens = graph.reshape(map, [batch, tokensOf(graph, height, width), channels]);
  return graph.reshape(transformerBlock(graph, block, tokens), map.shape);
}
