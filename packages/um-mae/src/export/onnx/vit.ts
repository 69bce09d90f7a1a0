/** ViT on all of its patches as operators of ONNX. */
import { cat, noGrad } from '@um-mae/torch';
import type { Vit } from '../../backbones/vit/vit.js';
import type { Graph, Value } from './graph.js';
import {
  attention,
  type EncodedValues,
  type EncoderInput,
  layerNorm,
  linear,
  patchEmbedding,
  queriesKeysValues,
  residual,
} from './layers.js';

/** The map of the patches and the class token, both through the final norm where there is one. */
export function vitValues(graph: Graph, vit: Vit, { images, size }: EncoderInput): EncodedValues {
  const last = vitTokens(graph, vit, images);
  const tokens = vit.norm ? layerNorm(graph, vit.norm, last) : last;
  const [batch = 0, count, channels = 0] = tokens.shape;
  const first = 1 + vit.options.registers;
  const places = Array.from({ length: Number(count) - first }, (_, patch) => patch + first);
  const grid = [batch, size.height / vit.patch, size.width / vit.patch, channels];
  const map = graph.reshape(graph.gather(tokens, places, 1), grid);
  const classToken = graph.reshape(graph.gather(tokens, [0], 1), [batch, channels]);
  return { maps: [map], classToken };
}

/**
 * @param images [batch, 3, height, width]
 * @returns class token, registers and patches before the final norm, [batch, tokens, channels]
 */
function vitTokens(graph: Graph, vit: Vit, images: Value): Value {
  const map = patchEmbedding(graph, vit.patch_embed, images);
  const [batch = 0, height, width, channels = 0] = map.shape;
  const patches = graph.reshape(map, [batch, Number(height) * Number(width), channels]);
  // A class token and registers of zeros, which the positions bring to their own values.
  const tokens = graph.pad(patches, [0, 1 + vit.options.registers, 0], [0, 0, 0]);
  const positions = noGrad(() => {
    const { pos_embed, cls_token, register_tokens } = vit;
    const classToken = cls_token.add(pos_embed.narrow(1, 0, 1));
    const front = register_tokens ? [classToken, register_tokens] : [classToken];
    return cat([...front, pos_embed.slice({ dim: 1, start: 1 })], { dim: 1 });
  });
  let x = graph.add(tokens, graph.constant(positions));
  for (const block of vit.blocks) {
    x = residual(graph, block, x, (normed) => {
      const { heads } = vit.options;
      const parts = queriesKeysValues(graph, block.attn.qkv, { x: normed, heads });
      return linear(graph, block.attn.proj, attention(graph, { ...parts, heads }));
    });
  }
  return x;
}
