/**
 * Counts the multiply-accumulates of a training step, a measure that does not depend on the
 * machine.
 */
import { at } from '../at.js';
import { encoderArithmetic, shapeOf } from '../backbones/families.js';
import type { EncoderArithmetic } from '../backbones/family.js';
import { hiddenChannels } from '../backbones/parts/blocks/mlp-width.js';
import { visibleCount } from '../masking/mask.js';
import { predictedCount } from '../masking/predicted.js';
import type { MethodOptions } from './build.js';
import type { DecoderOptions } from './decoder/options.js';

/**
 * Multiply-accumulates of one image's forward pass, by part; norms, softmax, GELU and sums not
 * counted.
 */
export interface Arithmetic extends EncoderArithmetic {
  readonly decoder: number;
}

/**
 * Counts the matrix products that an objective's `forward` runs: patches are embedded, and units
 * decoded and predicted, only where they are needed. The position MLPs, which run once a batch, are
 * left out.
 */
export function arithmetic(options: MethodOptions): Arithmetic {
  const { backbone, image, masking, method } = options;
  const { channels, needsGrid, patch, unit } = shapeOf(backbone);
  const units = (image.height / unit) * (image.width / unit);
  const side = unit / patch;
  const [rows, columns] = [image.height / patch, image.width / patch];
  if (method === 'simmim') {
    const encoder = encoderArithmetic(backbone, { height: rows, width: columns, isCompact: false });
    return { ...encoder, decoder: units * at(channels, -1) * 3 * unit ** 2 };
  }
  const visible = visibleCount(masking, {
    rows: image.height / unit,
    columns: image.width / unit,
  });
  const grid =
    masking.kind === 'uniform' && needsGrid
      ? { height: rows / masking.cell[0], width: columns / masking.cell[1], isCompact: true }
      : { height: side, width: visible * side, isCompact: true };
  const decoder = ofDecoder(options, { units, visible });
  return { ...encoderArithmetic(backbone, grid), decoder };
}

/**
 * Floating-point operations of one image's training step: two a multiply-accumulate, and three
 * passes, since the backward pass runs each product twice.
 */
export function trainingFlops(options: MethodOptions): number {
  const total = Object.values(arithmetic(options)).reduce((sum, part) => sum + part, 0);
  return 2 * 3 * total;
}

interface UnitCounts {
  readonly units: number;
  readonly visible: number;
}

function ofDecoder({ backbone, decoder }: MethodOptions, { units, visible }: UnitCounts): number {
  const { channels } = decoder;
  const shape = shapeOf(backbone);
  const front = shape.hasClassToken ? 1 : 0;
  const opened = shape.unitsPerToken ** 2;
  const embed = (visible / opened + front) * at(shape.channels, -1) * opened * channels;
  const dropped = units - visible;
  const predicted = decoder.kind === 'cross' ? predictedCount(dropped, decoder.predicted) : dropped;
  const earlier = decoder.stages === 'all' ? shape.channels.slice(0, -1) : [];
  const stages = earlier.reduce((sum, width) => sum + visible * width * channels, 0);
  const blocks = ofDecoderBlocks(decoder, { seen: visible + front, dropped, predicted });
  return embed + stages + blocks + predicted * channels * 3 * shape.unit ** 2;
}

interface DecoderTokens {
  readonly seen: number;
  readonly dropped: number;
  readonly predicted: number;
}

function ofDecoderBlocks(
  { kind, channels, depth, mlpRatio }: DecoderOptions,
  { seen, dropped, predicted }: DecoderTokens,
): number {
  const mlp = 2 * hiddenChannels(channels, mlpRatio) * channels;
  switch (kind) {
    case 'dense': {
      const tokens = seen + dropped;
      const block = tokens * (4 * channels ** 2 + mlp + 2 * tokens * channels);
      // The last block makes queries, keys and values of all tokens, and the rest of the predicted
      // ones only.
      const rest = predicted * (channels ** 2 + mlp + 2 * tokens * channels);
      return (depth - 1) * block + tokens * 3 * channels ** 2 + rest;
    }
    case 'cross': {
      const ofQuery = 2 * channels ** 2 + mlp + 2 * seen * channels;
      return depth * (predicted * ofQuery + seen * 2 * channels ** 2);
    }
  }
}
