/** ViT on all of its patches as operators of ONNX. */
import { cat, embedding, noGrad } from '@um-mae/torch';
import { at } from '../../../at.js';
import type { TransformerBlock } from '../../../backbones/parts/blocks/transformer-block.js';
import { fullPositions } from '../../../backbones/parts/grid/patch-grid.js';
import type { Vit } from '../../../backbones/vit/vit.js';
import type { Graph, Size, Value } from '../graph/graph.js';
import { resizedPositions, tokensOf } from '../graph/open-sizes.js';
import { type EncodedValues, type EncoderInput, layerNorm, patchEmbedding } from './layers.js';
import { transformerBlock } from './transformer-block.js';
import { intoWindows, outOfWindows } from './windows.js';

/**
 * The maps of the patches after the blocks that a ViT is tapped at, and the class token; after the
 * last block through the final norm where there is one.
 */
export function vitValues(graph: Graph, vit: Vit, { images }: EncoderInput): EncodedValues {
  const map = patchEmbedding(graph, vit.patch_embed, images);
  const normed = (tokens: Value) => (vit.norm ? layerNorm(graph, vit.norm, tokens) : tokens);
  const outputs = blockOutputs(graph, vit, map);
  const last = normed(at(outputs, -1));
  const maps = vit.taps.map((block) => {
    const tokens = block === outputs.length - 1 ? last : at(outputs, block);
    return graph.reshape(graph.from(tokens, vit.first, 1), map.shape);
  });
  if (vit.first === 0) return { maps };
  const [batch = 0, , channels = 0] = last.shape;
  return { maps, classToken: graph.reshape(graph.gather(last, [0], 1), [batch, channels]) };
}

/**
 * @param map patches, [batch, height, width, channels]
 * @returns class token, registers and patches after each block, [batch, tokens, channels]; with
 *   windows patches alone
 */
function blockOutputs(graph: Graph, vit: Vit, map: Value): Value[] {
  const [batch = 0, height = 0, width = 0, channels = 0] = map.shape;
  const tokens = tokensOf(graph, height, width);
  const patches = graph.reshape(map, [batch, tokens, channels]);
  // A class token and registers of zeros, which the positions bring to their own values.
  const padded = graph.pad(patches, [0, vit.first, 0], [0, 0, 0]);
  const whole = typeof tokens === 'number' ? padded : graph.measured(padded, [1]);
  let x = graph.add(whole, positionsOf(graph, vit, [height, width]));
  return vit.blocks.map((block, place) => {
    const windows = vit.windowsOf(place, Number(height), Number(width));
    const bias = relativeBias(graph, vit, block);
    const { shape } = map;
    x = transformerBlock(graph, block, x, {
      bias,
      ...(windows && {
        into: (normed: Value) => intoWindows(graph, graph.reshape(normed, shape), windows),
        outOf: (mixed: Value) => outOfWindows(graph, mixed, { windows, shape }),
      }),
    });
    return x;
  });
}

/** Values and positions of class token and registers, then the positions of a grid. */
function positionsOf(graph: Graph, vit: Vit, [height, width]: readonly [Size, Size]) {
  const { pos_embed, cls_token, register_tokens, grid } = vit;
  const front = noGrad(() => {
    const classToken = cls_token.add(pos_embed.narrow(1, 0, 1));
    const all = register_tokens ? cat([classToken, register_tokens], { dim: 1 }) : classToken;
    return all.narrow(1, 0, vit.first);
  });
  const stored = (rows: number, columns: number) =>
    noGrad(() => vit.placesOn(fullPositions(rows, columns, 'cpu')));
  if (typeof height === 'number' && typeof width === 'number') {
    const places = stored(height, width).flatten({ startDim: 1, endDim: 2 });
    return graph.constant(noGrad(() => cat([front, places], { dim: 1 })));
  }
  const table = graph.constant(stored(grid.rows, grid.columns));
  const places = resizedPositions(graph, table, [height, width]);
  const [, , , channels = 0] = places.shape;
  const flat = graph.reshape(places, [1, 'places', channels]);
  return graph.node('Concat', [graph.constant(front), flat], [1, 'tokens', channels], { axis: 1 });
}

/** The bias of each pair of tokens, where blocks have learned one for the only size of images. */
function relativeBias(
  graph: Graph,
  { relative }: Vit,
  { attn: { relative_position_bias_table: table } }: TransformerBlock,
): ((logits: Value) => Value) | undefined {
  if (!table || !relative) return undefined;
  const bias = noGrad(() => embedding(table, relative).permute([2, 0, 1]).unsqueeze(0));
  const constant = graph.constant(bias);
  return (logits) => graph.add(logits, constant);
}
