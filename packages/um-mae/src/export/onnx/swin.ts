/**
 * Swin on the full grid as operators of ONNX; the bias of positions is computed now, for the
 * windows of one size of images.
 */
import { arange, noGrad } from '@um-mae/torch';
import { at } from '../../at.js';
import { fullPositions } from '../../backbones/parts/patch-grid.js';
import { positionBias } from '../../backbones/swin/position-bias.js';
import type { Swin } from '../../backbones/swin/swin.js';
import type { SwinBlock } from '../../backbones/swin/swin-block.js';
import type { WindowLayout } from '../../backbones/swin/window-attention.js';
import { toGrid, toWindows, type Windowing } from '../../backbones/swin/windows.js';
import type { Graph, Value } from './graph.js';
import {
  attention,
  downsample,
  type EncoderInput,
  integersOf,
  linear,
  patchEmbedding,
  queriesKeysValues,
  residual,
} from './layers.js';
import { openWindowAttention } from './open-swin.js';

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
  const [, height = 0, width = 0, channels = 0] = x.shape;
  const { windows: geometry } = layout;
  const [windows = 1, cells = 1] = cut(geometry).windows;
  const { attn } = block;
  // Before the projection there is less to move. What pads a window is separated from all that is
  // looked at.
  const together = graph.gather(padded(graph, x, geometry), cut(geometry).places, 1);
  const tokens = graph.reshape(together, [graph.batches(windows), cells, channels]);
  const parts = queriesKeysValues(graph, attn.qkv, { x: tokens, heads });
  const biased = positionBiases(graph, block, { layout, heads });
  const mixed = attention(graph, { ...parts, heads }, biased);
  const attended = graph.reshape(mixed, [graph.batch, windows * cells, channels]);
  const back = graph.gather(attended, backPlaces(geometry, Number(height), Number(width)), 1);
  return linear(graph, attn.proj, graph.reshape(back, [graph.batch, height, width, channels]));
}

/** [batch, height, width, channels] -> [batch, tokens of the padded grid, channels] */
function padded(graph: Graph, x: Value, { height, width, window }: Windowing): Value {
  const up = (length: number) => window * Math.ceil(length / window);
  const [, rows, columns] = x.shape;
  const after = [0, up(height) - Number(rows), up(width) - Number(columns), 0];
  const whole = after.some((count) => count > 0) ? graph.pad(x, [0, 0, 0, 0], after) : x;
  return graph.reshape(whole, [graph.batch, up(height) * up(width), at(x.shape, 3)]);
}

/** Finds the token of the padded grid that each token of the windows is. */
function cut(geometry: Windowing): { windows: readonly number[]; places: number[] } {
  const { window, shift } = geometry;
  const up = (length: number) => window * Math.ceil(length / window);
  const [height, width] = [up(geometry.height), up(geometry.width)];
  const raster = arange(0, height * width, { dtype: 'i64' }).view([1, height, width]);
  const cells = toWindows(raster, { height, width, window, shift });
  return { windows: cells.shape, places: integersOf(cells) };
}

/** Finds the token of the windows that each token of a grid is, which they may reach beyond. */
function backPlaces(geometry: Windowing, rows: number, columns: number): number[] {
  const [windows = 1, cells = 1] = cut(geometry).windows;
  const order = arange(0, windows * cells, { dtype: 'i64' }).view([windows, cells, 1]);
  const grid = toGrid(order, geometry).narrow(1, 0, rows).narrow(2, 0, columns);
  return integersOf(grid.contiguous());
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
