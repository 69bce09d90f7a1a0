/** Inner values of a model under the names that the published cases give them. */
import { ok as assert } from 'node:assert';
import { cat, embedding, Tensor } from '@um-mae/torch';
import { at } from '../at.js';
import type { Backbone, ImageSize } from '../backbones/backbone.js';
import type { PatchGrid, Positions } from '../backbones/parts/grid/patch-grid.js';
import { takePositions } from '../backbones/parts/positions/positions.js';
import { Pvt } from '../backbones/pvt/pvt.js';
import { pairIndices, positionBias } from '../backbones/swin/position-bias.js';
import { stageCoordinates, swinStages } from '../backbones/swin/stages.js';
import { Swin } from '../backbones/swin/swin.js';
import type { MaskedObjective } from '../objectives/masked-objective.js';
import { callOf, inputOf, type ObservedCalls, outputsOf } from './observed-calls.js';

type NamedValue = readonly [name: string, value: Tensor];

/**
 * Lists the values that the encoder computed: its tokens, the output of every block, and its own
 * output.
 */
export function encoderValues(
  { encoder, options }: MaskedObjective,
  calls: ObservedCalls,
): NamedValue[] {
  const { positions } = gridOf(encoder, calls);
  return [
    ...outputsOf(calls, 'patch_embed').map((tokens): NamedValue => ['compact_tokens', tokens]),
    ['encoder_input', inputOf(calls, 'blocks.0')],
    ...namedOutputs(calls, 'blocks', 'block'),
    ...outputsOf(calls, 'norm').map((latent): NamedValue => ['latent', latent]),
    ...(encoder instanceof Swin ? swinValues(encoder, positions) : []),
    ...(encoder instanceof Pvt ? [pvtPositions(encoder, options.image, positions)] : []),
  ];
}

/** Returns the input of the encoder. */
function gridOf(encoder: Backbone, calls: ObservedCalls): PatchGrid {
  const call = calls.get('')?.find(({ module }) => module === encoder);
  assert(call, 'an objective runs its encoder');
  return call.inputs[0] as PatchGrid;
}

function pvtPositions(pvt: Pvt, { height, width }: ImageSize, positions: Positions): NamedValue {
  const grid = { rows: height / pvt.patch, columns: width / pvt.patch };
  return ['compact_pos_embed', takePositions(pvt.pos_embed, grid, positions)];
}

/**
 * Lists the values that the decoder computed. The list is empty for an objective without a decoder.
 */
export function decoderValues(calls: ObservedCalls): NamedValue[] {
  const [map, classToken] = outputsOf(calls, 'decoder_embed');
  const blocks = namedOutputs(calls, 'decoder_blocks', 'decoder_block');
  if (!map || blocks.length === 0) return [];
  const front = classToken ? [classToken] : [];
  const embedded = cat([...front, map.flatten({ startDim: 1, endDim: 2 })], { dim: 1 });
  return [
    ['decoder_embed', embedded],
    ['decoder_input', decoderInput(calls)],
    ...blocks,
    ...outputsOf(calls, 'decoder_norm').map((normed): NamedValue => ['decoder_norm', normed]),
  ];
}

/** The first block gets the distinct tokens, and which of them each token of an image is. */
function decoderInput(calls: ObservedCalls): Tensor {
  const [, tokens] = callOf(calls, 'decoder_blocks.0').inputs;
  const rows = typeof tokens === 'object' && tokens !== null && 'rows' in tokens && tokens.rows;
  assert(rows instanceof Tensor, 'the first block gets the row of each token');
  return embedding(inputOf(calls, 'decoder_blocks.0'), rows);
}

/** The outputs of the modules of a list. */
function namedOutputs(calls: ObservedCalls, list: string, name: string): NamedValue[] {
  const values: NamedValue[] = [];
  for (let i = 0; calls.has(`${list}.${i}`); i++)
    for (const value of outputsOf(calls, `${list}.${i}`)) values.push([`${name}.${i}`, value]);
  return values;
}

/** Computes the token positions of a Swin and the biases of its blocks once more. */
function swinValues(swin: Swin, positions: Positions): NamedValue[] {
  const values: NamedValue[] = [];
  let block = 0;
  for (const [stage, { places, layouts }] of swinStages(swin.options, positions).entries()) {
    const coordinates = stageCoordinates(places);
    if (stage === 0) values.push(['compact_pos_hw', coordinates]);
    values.push([`block.${block}.pos_hw`, coordinates]);
    for (const { pairs } of layouts) {
      // The published bias leaves separated pairs alone; their own tensor lists them.
      const near = { ...pairs, regions: undefined };
      const table = at(swin.blocks, block).attn.posmlp.table(near);
      const separated = pairIndices(pairs).ge(pairs.differences.elements / 2);
      values.push([`block.${block}.position_bias`, positionBias(table, near)]);
      values.push([`block.${block}.separated`, separated]);
      block++;
    }
  }
  return values;
}
