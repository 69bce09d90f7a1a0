/** How much arithmetic a training step takes, for measures of speed that do not depend on the machine. */
import type { BackboneOptions } from '../backbones/build.js';
import { unitsPerToken } from '../backbones/build.js';
import { maskUnit } from '../backbones/mask-unit.js';
import type { PvtOptions } from '../backbones/pvt/pvt.js';
import type { SwinOptions } from '../backbones/swin/swin.js';
import type { VitOptions } from '../backbones/vit/vit.js';
import { visibleCount } from '../masking/mask.js';
import { predictedCount } from '../masking/predicted.js';
import type { MethodOptions } from './build.js';
import type { DecoderOptions } from './decoder/build.js';

/** Multiply-accumulates of one image's forward pass, by part; norms, softmax, GELU and sums not counted. */
export interface Arithmetic {
  readonly patchEmbedding: number;
  readonly attentionProjections: number;
  readonly attentionProducts: number;
  readonly mlp: number;
  readonly downsample: number;
  readonly decoder: number;
}

/** What runs through the encoder. */
interface EncoderGrid {
  /** Patches. */
  readonly height: number;
  readonly width: number;
  readonly isCompact: boolean;
}

type EncoderArithmetic = Omit<Arithmetic, 'decoder'>;

/**
 * Counts the matrix products that an objective's `forward` runs: patches are embedded, and units decoded and
 * predicted, only where they are needed. The position MLPs, which run once a batch, are left out.
 */
export function arithmetic(options: MethodOptions): Arithmetic {
  const { backbone, image, masking, method } = options;
  const unit = maskUnit(backbone);
  const units = (image.height / unit) * (image.width / unit);
  const side = unit / backbone.patch;
  const [rows, columns] = [image.height / backbone.patch, image.width / backbone.patch];
  if (method === 'simmim') {
    const encoder = ofEncoder(backbone, { height: rows, width: columns, isCompact: false });
    return { ...encoder, decoder: units * lastChannels(backbone) * 3 * unit ** 2 };
  }
  const visible = visibleCount(masking, {
    rows: image.height / unit,
    columns: image.width / unit,
  });
  const grid =
    masking.kind === 'uniform' && backbone.kind !== 'vit'
      ? { height: rows / masking.cell[0], width: columns / masking.cell[1], isCompact: true }
      : { height: side, width: visible * side, isCompact: true };
  return { ...ofEncoder(backbone, grid), decoder: ofDecoder(options, { units, visible }) };
}

/**
 * Floating-point operations of one image's training step: two a multiply-accumulate, and three passes, since
 * the backward pass runs each product twice.
 */
export function trainingFlops(options: MethodOptions): number {
  const total = Object.values(arithmetic(options)).reduce((sum, part) => sum + part, 0);
  return 2 * 3 * total;
}

function ofEncoder(backbone: BackboneOptions, grid: EncoderGrid): EncoderArithmetic {
  switch (backbone.kind) {
    case 'swin':
      return ofSwin(backbone, grid);
    case 'pvt':
      return ofPvt(backbone, grid);
    case 'vit':
      return ofVit(backbone, grid);
  }
}

function ofSwin(backbone: SwinOptions, { height, width, isCompact }: EncoderGrid) {
  const { channels, depths, patch } = backbone;
  const window = backbone.window * (isCompact ? 1 : 2);
  const totals = emptyTotals(height * width * 3 * patch ** 2 * channels);
  for (const [stage, depth] of depths.entries()) {
    const own = channels * 2 ** stage;
    const tokens = (height * width) / 4 ** stage;
    const side = Math.min(height / 2 ** stage, width / 2 ** stage, window);
    totals.attentionProjections += depth * tokens * 4 * own ** 2;
    totals.attentionProducts += depth * tokens * 2 * side ** 2 * own;
    totals.mlp += depth * tokens * 8 * own ** 2;
    if (stage > 0) totals.downsample += tokens * 2 * own ** 2;
  }
  return totals;
}

function ofPvt(backbone: PvtOptions, { height, width, isCompact }: EncoderGrid) {
  const { channels, depths, mlpRatios, patch, reductions } = backbone;
  const totals = emptyTotals(height * width * 3 * patch ** 2 * (channels[0] ?? 0));
  for (const [stage, depth] of depths.entries()) {
    const own = channels[stage] ?? 0;
    const tokens = (height * width) / 4 ** stage;
    const full = reductions[stage] ?? 1;
    const reduced = tokens / (isCompact ? Math.max(1, full / 2) : full) ** 2;
    // Queries and output from all tokens; the 1x1 convolution, keys and values from the pooled ones.
    totals.attentionProjections += depth * (tokens * 2 + reduced * 3) * own ** 2;
    totals.attentionProducts += depth * tokens * reduced * 2 * own;
    totals.mlp += depth * tokens * 2 * (mlpRatios[stage] ?? 4) * own ** 2;
    if (stage > 0) totals.downsample += tokens * 4 * own * (channels[stage - 1] ?? 0);
  }
  return totals;
}

function ofVit({ channels, depth, patch }: VitOptions, { height, width }: EncoderGrid) {
  const patches = height * width;
  const tokens = patches + 1;
  return {
    ...emptyTotals(patches * 3 * patch ** 2 * channels),
    attentionProjections: depth * tokens * 4 * channels ** 2,
    attentionProducts: depth * tokens ** 2 * 2 * channels,
    mlp: depth * tokens * 8 * channels ** 2,
  };
}

function emptyTotals(patchEmbedding: number) {
  const zero = { attentionProjections: 0, attentionProducts: 0, mlp: 0, downsample: 0 };
  return { patchEmbedding, ...zero };
}

interface UnitCounts {
  readonly units: number;
  readonly visible: number;
}

function ofDecoder({ backbone, decoder }: MethodOptions, { units, visible }: UnitCounts): number {
  const { channels } = decoder;
  const front = backbone.kind === 'vit' ? 1 : 0;
  const opened = unitsPerToken(backbone) ** 2;
  const embed = (visible / opened + front) * lastChannels(backbone) * opened * channels;
  const dropped = units - visible;
  const predicted = decoder.kind === 'cross' ? predictedCount(dropped, decoder.predicted) : dropped;
  const blocks = ofDecoderBlocks(decoder, { seen: visible + front, dropped, predicted });
  return embed + blocks + predicted * channels * 3 * maskUnit(backbone) ** 2;
}

interface DecoderTokens {
  readonly seen: number;
  readonly dropped: number;
  readonly predicted: number;
}

function ofDecoderBlocks(
  { kind, channels, depth }: DecoderOptions,
  { seen, dropped, predicted }: DecoderTokens,
): number {
  switch (kind) {
    case 'dense': {
      const tokens = seen + dropped;
      const block = tokens * (12 * channels ** 2 + 2 * tokens * channels);
      // The last block makes queries, keys and values of all tokens, and the rest of the predicted ones only.
      const rest = predicted * (9 * channels ** 2 + 2 * tokens * channels);
      return (depth - 1) * block + tokens * 3 * channels ** 2 + rest;
    }
    case 'cross': {
      const ofQuery = 10 * channels ** 2 + 2 * seen * channels;
      return depth * (predicted * ofQuery + seen * 2 * channels ** 2);
    }
  }
}

function lastChannels(backbone: BackboneOptions): number {
  switch (backbone.kind) {
    case 'swin':
      return backbone.channels * 2 ** (backbone.depths.length - 1);
    case 'pvt':
      return backbone.channels.at(-1) ?? 0;
    case 'vit':
      return backbone.channels;
  }
}
