/**
 * Swin on the full grid as operators of ONNX; the bias of positions is computed now, for the
 * windows of one size of images.
 */
import { noGrad } from '@um-mae/torch';
import { at } from '../../../at.js';
import { fullPositions } from '../../../backbones/parts/grid/patch-grid.js';
import { positionBias } from '../../../backbones/swin/position-bias.js';
import type { Swin } from '../../../backbones/swin/swin.js';
import type { SwinBlock } from '../../../backbones/swin/swin-block.js';
import type { WindowLayout } from '../../../backbones/swin/window-attention.js';
import type { Graph, Value } from '../graph/graph.js';
import {
  attention,
  downsample,
  type EncoderInput,
  linear,
  patchEmbedding,
  queriesKeysValues,
  residual,
} from './layers.js';
import { openWindowAttention } from './open-swin.js';
import { intoWindows, outOfWindows } from './windows.js';

/** @returns the output of each stage before the final norm, [batch, height, width, channels] */
export function swinMaps(graph: Graph, swin: Swin, { images, size }: EncoderInput): Value[] {
  const { patch, options } = swin;
  const positions = fullPositions(size.height / patch, size.width / patch, 'cpu');
  let x = patchEmbedding(graph, swin.patch_embed, images);
  let first = 0;
  return swin.layouts(positions).map((layouts, stage) => {
    for (const [i, layout] of layouts.entries()) {
      const block = at(swin.blocks, first + i);
      if (block.downsample) x = downsample(graph, block.downsample, x);
      const heads = at(options.heads, stage);
      x = residual(graph, block, x, (normed) =>
        graph.isOpen
          ? openWindowAttention(graph, normed, { block, layout, heads })
          : windowAttention(graph, normed, { block, layout, heads }),
      );
    }
    first += layouts.length;
    return x;
  });
}

interface AttentionParts {
  readonly block: SwinBlock;
  readonly layout: WindowLayout;
  readonly heads: number;
}

/** @param x [batch, height, width, channels]  @returns the same shape */
function windowAttention(graph: Graph, x: Value, { block, layout, heads }: AttentionParts): Value {
  const { windows } = layout;
  const { attn } = block;
  const tokens = intoWindows(graph, x, windows);
  const parts = queriesKeysValues(graph, attn.qkv, { x: tokens, heads });
  const biased = positionBiases(graph, block, { layout, heads });
  const mixed = attention(graph, { ...parts, heads }, biased);
  return linear(graph, attn.proj, outOfWindows(graph, mixed, { windows, shape: x.shape }));
}

/**
 * Adds the bias of positions, which all windows share unless some of them hold what only the roll
 * has brought together: that is separated.
 */
function positionBiases(
  graph: Graph,
  { attn }: SwinBlock,
  { layout: { pairs }, heads }: { readonly layout: WindowLayout; readonly heads: number },
): (logits: Value) => Value {
  const bias = noGrad(() => positionBias(attn.posmlp.table(pairs), pairs));
  if (!pairs.regions) {
    const shared = graph.constant(bias.narrow(0, 0, 1));
    return (logits) => graph.add(logits, shared);
  }
  const [windows, , cells] = bias.sizes(4);
  const own = graph.constant(bias.unsqueeze(0));
  return (logits) => {
    const byWindow = graph.reshape(logits, [graph.batch, windows, heads, cells, cells]);
    return graph.reshape(graph.add(byWindow, own), logits.shape);
  };
}
