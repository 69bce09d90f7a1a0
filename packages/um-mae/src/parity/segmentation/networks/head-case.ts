/** UPerNet and the auxiliary head on given maps: every inner value, losses and gradients. */
import { Generator, type Tensor } from '@um-mae/torch';
import { Module } from '@um-mae/torch/nn';
import { z } from 'zod';
import { at } from '../../../at.js';
import { Fcn } from '../../../heads/segmentation/fcn.js';
import { UperNet } from '../../../heads/segmentation/upernet.js';
import { pixelAccuracy, pixelLoss } from '../../../tasks/segmentation/pixel-loss.js';
import { type Comparison, compareNumbers } from '../../comparison.js';
import { type Case, readTensors, required } from '../../fixture.js';
import { observedCalls } from '../../observed-calls.js';
import { readLabels } from '../input/labels.js';
import {
  compareDenseGradients,
  compareFile,
  compareStateNames,
  describedGradients,
  toleratedTensors,
} from './dense-values.js';
import { giveChannels } from './given-drops.js';
import { headValue } from './head-values.js';

/** Arguments of the decode head. */
export const decodeArguments = z.object({
  in_channels: z.array(z.number()),
  channels: z.number(),
  pool_scales: z.array(z.number()),
  num_classes: z.number(),
  dropout_ratio: z.number(),
  align_corners: z.boolean(),
});

/** Arguments of the auxiliary head. */
export const auxiliaryArguments = z.object({
  in_index: z.literal(2),
  channels: z.number(),
  num_convs: z.literal(1),
  concat_input: z.literal(false),
  dropout_ratio: z.number(),
  loss_weight: z.number(),
  align_corners: z.boolean(),
});

/** The numbers that a case writes down of a pass. */
const scalars = z.object({
  'decode.loss_seg': z.number(),
  'decode.acc_seg': z.number(),
  'aux.loss_seg': z.number(),
  'aux.acc_seg': z.number(),
  loss: z.number(),
});

const headCase = z.object({
  constructor: z.object({ decode_head: decodeArguments, auxiliary_head: auxiliaryArguments }),
  map_sizes: z.array(z.unknown()),
  scalars: z.object({ eval: scalars, train: scalars }),
  files: z.object({
    'expected.safetensors': toleratedTensors,
    'after_forward.safetensors': toleratedTensors,
    'grads.safetensors': describedGradients,
  }),
});

type HeadCase = z.infer<typeof headCase>;

/** Whether `json` describes a case of this kind. */
export function isHeadCase(json: unknown): boolean {
  return headCase.safeParse(json).success;
}

/** Both heads, under the names that they have in a segmentor. */
class Heads extends Module {
  readonly decode_head: UperNet;
  readonly auxiliary_head: Fcn;

  constructor({ decode_head: decode, auxiliary_head: auxiliary }: HeadCase['constructor']) {
    super();
    const generator = new Generator(0);
    const { in_channels: inputs, num_classes: classes, dropout_ratio: dropout } = decode;
    const shared = { classes, dropout, norm: 'batch', generator } as const;
    this.decode_head = new UperNet({
      ...shared,
      inputs,
      channels: decode.channels,
      pools: decode.pool_scales,
      alignCorners: decode.align_corners,
    });
    this.auxiliary_head = new Fcn({
      ...shared,
      channels: auxiliary.channels,
      inputs: at(inputs, auxiliary.in_index),
    });
  }

  forward(maps: readonly Tensor[]): { decode: Tensor; auxiliary: Tensor } {
    const auxiliary = this.auxiliary_head.forward(at(maps, 2));
    return { decode: this.decode_head.forward(maps), auxiliary };
  }
}

export function runHeadCase(fixture: Case): Comparison[] {
  const described = headCase.parse(fixture.json);
  const model = new Heads(described.constructor).to(fixture.device);
  const weights = readTensors(fixture, 'weights.safetensors');
  const names = compareStateNames(model, weights);
  model.loadState(weights);
  const inputs = readTensors(fixture, 'inputs.safetensors');
  const { decode_head: decode, auxiliary_head: auxiliary } = described.constructor;
  giveChannels(model.decode_head, decode.dropout_ratio).keep(inputs.get('dropout.decode'));
  giveChannels(model.auxiliary_head, auxiliary.dropout_ratio).keep(inputs.get('dropout.aux'));
  const maps = decode.in_channels.map((_, i) => required(inputs, `input.${i}`).to('f32'));
  const leaves = maps.map((map) => {
    const leaf = map.clone();
    leaf.requiresGrad = true;
    return leaf;
  });
  const labels = readLabels(inputs, 'labels');
  const evaluated = comparePass(fixture, described, { model: model.eval(), maps, labels }, 'eval');
  const trained = comparePass(
    fixture,
    described,
    { model: model.train(), maps: leaves, labels },
    'train',
  );
  const leafGradients = leaves.map((leaf, i) => [`input.${i}`, leaf] as const);
  const { files } = described;
  return [
    names,
    ...evaluated,
    ...trained,
    ...compareFile(
      fixture,
      'after_forward.safetensors',
      files['after_forward.safetensors'],
      (name) => required(model.state(), name),
    ),
    ...compareDenseGradients(
      fixture,
      files['grads.safetensors'],
      new Map<string, Tensor>([...model.namedParameters(), ...leafGradients]),
    ),
  ];
}

interface Pass {
  readonly model: Heads;
  readonly maps: readonly Tensor[];
  readonly labels: Tensor;
}

/** One forward pass, which leaves gradients in training. */
function comparePass(
  fixture: Case,
  { files, scalars, constructor: given }: HeadCase,
  { model, maps, labels }: Pass,
  mode: 'eval' | 'train',
): Comparison[] {
  const { calls, result } = observedCalls(model, () => model.forward(maps));
  const { align_corners: alignCorners } = given.decode_head;
  const ignored = 'counted';
  const decode = pixelLoss(result.decode, labels, { ignored, alignCorners });
  const auxiliaryCorners = given.auxiliary_head.align_corners;
  const auxiliary = pixelLoss(result.auxiliary, labels, {
    ignored,
    alignCorners: auxiliaryCorners,
  }).mul(given.auxiliary_head.loss_weight);
  const loss = decode.add(auxiliary);
  if (mode === 'train') loss.backward();
  const theirs = scalars[mode];
  const ours: Record<keyof typeof theirs, number> = {
    'decode.loss_seg': decode.number(),
    'aux.loss_seg': auxiliary.number(),
    loss: loss.number(),
    'decode.acc_seg': 100 * pixelAccuracy(result.decode, labels, alignCorners).number(),
    'aux.acc_seg': 100 * pixelAccuracy(result.auxiliary, labels, auxiliaryCorners).number(),
  };
  const names = Object.keys(ours) as (keyof typeof theirs)[];
  return [
    ...names.map((name) => {
      const tolerance = name.endsWith('acc_seg') ? 0.01 : 1e-5 * Math.abs(theirs[name]);
      return compareNumbers(`${mode}.${name}`, ours[name], theirs[name], tolerance);
    }),
    ...compareFile(fixture, 'expected.safetensors', files['expected.safetensors'], (name) =>
      name.startsWith(`${mode}.`) ? headValue(calls, name.slice(mode.length + 1)) : undefined,
    ),
  ];
}
