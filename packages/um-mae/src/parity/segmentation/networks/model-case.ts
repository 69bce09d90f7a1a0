/** Whole segmentors: four iterations of training, gradients and the optimizer step of the first. */
import { Generator, noGrad, type Tensor } from '@um-mae/torch';
import { AdamW, warmupPoly } from '@um-mae/torch/optim';
import { z } from 'zod';
import { at } from '../../../at.js';
import { blocksOf } from '../../../backbones/parts/blocks/residual-block.js';
import { resizeMap } from '../../../heads/segmentation/resize-map.js';
import { Segmentor } from '../../../heads/segmentation/segmentor.js';
import { pixelAccuracy, pixelLoss } from '../../../tasks/segmentation/pixel-loss.js';
import { layerDecayGroups } from '../../../training/steps/layer-decay.js';
import { type Comparison, compareNumbers, compareTensors } from '../../comparison.js';
import { type Case, readTensors, required } from '../../fixture.js';
import { observedCalls } from '../../observed-calls.js';
import { readLabels } from '../input/labels.js';
import {
  compareDenseGradients,
  compareFile,
  compareStateNames,
  describedGradients,
  ownName,
  readOwn,
  toleratedTensors,
  withoutZeros,
} from './dense-values.js';
import { giveChannels, givePaths } from './given-drops.js';
import { auxiliaryArguments, decodeArguments } from './head-case.js';
import { headValue } from './head-values.js';
import { denseBackbone } from './network.js';

const modelCase = z.object({
  constructor: z.object({
    backbone: z.unknown(),
    decode_head: decodeArguments,
    auxiliary_head: auxiliaryArguments,
  }),
  backbone: z.object({ family: z.string(), projection: z.string() }),
  training: z.object({
    optimizer: z.object({
      name: z.literal('AdamW'),
      lr: z.number(),
      betas: z.tuple([z.number(), z.number()]),
      eps: z.number(),
      weight_decay: z.number(),
    }),
    schedule: z.object({
      policy: z.literal('poly'),
      power: z.number(),
      min_lr: z.number(),
      warmup: z.literal('linear'),
      warmup_iters: z.number(),
      warmup_ratio: z.number(),
      max_iters: z.number(),
    }),
    layer_decay: z.object({ rate: z.number(), num_layers: z.number() }),
    groups: z.array(
      z.object({ lr_scale: z.number(), weight_decay: z.number(), params: z.array(z.string()) }),
    ),
    iterations: z.array(
      z.object({
        lr_per_group: z.array(z.number()),
        'decode.loss_seg': z.number(),
        'decode.acc_seg': z.number(),
        'aux.loss_seg': z.number(),
        'aux.acc_seg': z.number(),
        loss: z.number(),
      }),
    ),
    lr_of_every_iteration_per_group: z.array(z.array(z.number())),
    same_batch_every_iteration: z.literal(true),
    gradient_clipping: z.null(),
  }),
  files: z.object({
    'expected.safetensors': toleratedTensors,
    'grads.safetensors': describedGradients,
  }),
  final_moves: z.record(
    z.string(),
    z.object({ rms_move: z.number(), do_not_compare: z.boolean().default(false) }),
  ),
});

type ModelCase = z.infer<typeof modelCase>;

/** The case's tolerances. */
const TOLERANCE = { loss: 1e-5, rate: 1e-12, step: 5e-7, move: 0.03, statistics: 1e-3 };

/** Whether `json` describes a case of this kind. */
export function isSegmentorCase(json: unknown): boolean {
  return modelCase.safeParse(json).success;
}

/** A segmentor of the case, what it learns from, and what training drops. */
interface Subject {
  readonly fixture: Case;
  readonly described: ModelCase;
  readonly model: Segmentor;
  readonly images: Tensor;
  readonly labels: Tensor;
  /** Prepares the drops of an iteration. */
  readonly prepare: (iteration: number) => void;
}

export function runSegmentorCase(fixture: Case): Comparison[] {
  const described = modelCase.parse(fixture.json);
  const subject = subjectOf(fixture, described);
  const { model } = subject;
  const weights = readOwn(fixture, 'weights.safetensors');
  const names = compareStateNames(model, weights);
  model.loadState(weights);
  return [names, ...compareEvaluation(subject), ...compareTraining(subject)];
}

/** Builds the segmentor that a case's constructor arguments describe. */
export function segmentorOf(
  given: ModelCase['constructor'],
  backbone: ModelCase['backbone'],
): { readonly model: Segmentor; readonly dropPath: number } {
  const { dropPath, ...dense } = denseBackbone({ ...backbone, given: given.backbone });
  const { channels, pool_scales: pools, dropout_ratio: dropout } = given.decode_head;
  const { align_corners: alignCorners, num_classes: classes } = given.decode_head;
  const head = { channels, pools, dropout, norm: 'batch', alignCorners } as const;
  const auxiliary = { channels: given.auxiliary_head.channels };
  const options = { ...dense, head, auxiliary, classes };
  return { model: new Segmentor(options, { generator: new Generator(0) }), dropPath };
}

function subjectOf(fixture: Case, described: ModelCase): Subject {
  const { constructor: given, backbone } = described;
  const { model, dropPath } = segmentorOf(given, backbone);
  model.to(fixture.device);
  const inputs = readTensors(fixture, 'inputs.safetensors');
  const decode = giveChannels(model.decode_head, given.decode_head.dropout_ratio);
  const auxiliary = giveChannels(model.auxiliary_head, given.auxiliary_head.dropout_ratio);
  const paths = givePaths(model.encoder, dropPath);
  return {
    fixture,
    described,
    model,
    images: required(inputs, 'images').to('f32'),
    labels: readLabels(inputs, 'labels'),
    prepare(iteration) {
      decode.keep(inputs.get('dropout.decode')?.at(iteration));
      auxiliary.keep(inputs.get('dropout.aux')?.at(iteration));
      paths.draw(inputs.get('drop_path')?.at(iteration));
    },
  };
}

/** Values in evaluation, and the classes of the pixels that rounding does not decide. */
function compareEvaluation(subject: Subject): Comparison[] {
  const { fixture, described, model, images, labels } = subject;
  const { calls } = observedCalls(model.eval(), () =>
    noGrad(() => {
      const { decode } = model.forward(images);
      const maps = model.backbone.forward(images);
      model.auxiliary_head?.forward(at(maps, -2));
      return decode;
    }),
  );
  const logits = headValue(calls, 'decode.logits');
  const expected = readTensors(fixture, 'expected.safetensors');
  const size = [at(labels.shape, 1), at(labels.shape, 2)] as const;
  const { align_corners: alignCorners } = described.constructor.decode_head;
  const predicted = resizeMap(logits ?? images, size, alignCorners).argmax({ dim: 1 });
  const wrong = predicted
    .ne(required(expected, 'eval.prediction').to('i64'))
    .logicalAnd(required(expected, 'eval.sure'));
  return [
    ...compareFile(
      fixture,
      'expected.safetensors',
      described.files['expected.safetensors'],
      (name) =>
        name.startsWith('eval.') ? headValue(calls, name.slice('eval.'.length)) : undefined,
    ),
    compareNumbers('classes that differ', wrong.to('f32').sum().number(), 0, 0),
  ];
}

/** Losses and statistics of all iterations; values, gradients and the step of the first. */
function compareTraining(subject: Subject): Comparison[] {
  const { fixture, described, model } = subject;
  const { training, files } = described;
  const optimizer = optimizerOf(subject);
  const rateAt = scheduleOf(described);
  const rows = [compareGroups(subject), ...compareRates(described)];
  model.train();
  for (const [iteration, theirs] of training.iterations.entries()) {
    const { calls, losses } = forward(subject, iteration);
    losses.loss.backward();
    rows.push(...compareLosses(iteration, losses, theirs));
    if (iteration === 0) {
      rows.push(
        ...compareFile(fixture, 'expected.safetensors', files['expected.safetensors'], (name) =>
          name.startsWith('train.') ? headValue(calls, name.slice('train.'.length)) : undefined,
        ),
        ...compareDenseGradients(fixture, files['grads.safetensors'], model.namedParameters()),
        ...compareStep(subject),
      );
    }
    optimizer.step(rateAt(iteration));
    optimizer.zeroGrad();
  }
  return [...rows, ...compareFinal(subject)];
}

type Losses = Record<
  'decode.loss_seg' | 'decode.acc_seg' | 'aux.loss_seg' | 'aux.acc_seg' | 'loss',
  Tensor
>;

function forward({ described, model, images, labels, prepare }: Subject, iteration: number) {
  prepare(iteration);
  const { calls, result } = observedCalls(model, () => model.forward(images));
  const { decode_head: decode, auxiliary_head: auxiliary } = described.constructor;
  const ignored = 'counted';
  const main = pixelLoss(result.decode, labels, { ignored, alignCorners: decode.align_corners });
  const second = result.auxiliary ?? result.decode;
  const { align_corners: alignCorners, loss_weight: weight } = auxiliary;
  const extra = pixelLoss(second, labels, { ignored, alignCorners }).mul(weight);
  const losses: Losses = {
    'decode.loss_seg': main,
    'decode.acc_seg': pixelAccuracy(result.decode, labels, decode.align_corners).mul(100),
    'aux.loss_seg': extra,
    'aux.acc_seg': pixelAccuracy(second, labels, alignCorners).mul(100),
    loss: main.add(extra),
  };
  return { calls, losses };
}

function compareLosses(
  iteration: number,
  ours: Losses,
  theirs: ModelCase['training']['iterations'][number],
): Comparison[] {
  return (Object.keys(ours) as (keyof Losses)[]).map((name) => {
    const published = theirs[name];
    // Half a pixel more or less may be rounding.
    const tolerance = name.endsWith('acc_seg') ? 0.05 : TOLERANCE.loss * published;
    return compareNumbers(
      `iteration ${iteration} ${name}`,
      ours[name].number(),
      published,
      tolerance,
    );
  });
}

function groupsOf({ described, model }: Subject) {
  const { layer_decay: decay, optimizer } = described.training;
  return layerDecayGroups(model.namedParameters(), {
    blocks: blocksOf(model).length,
    layerDecay: decay.rate,
    weightDecay: optimizer.weight_decay,
    decaysPositions: true,
  });
}

function optimizerOf(subject: Subject): AdamW {
  const { betas, eps: epsilon } = subject.described.training.optimizer;
  return new AdamW(groupsOf(subject), { betas, epsilon });
}

function scheduleOf({ training }: ModelCase, scale = 1): (iteration: number) => number {
  const { schedule, optimizer } = training;
  return warmupPoly({
    peak: optimizer.lr * scale,
    minimum: schedule.min_lr,
    power: schedule.power,
    warmup: schedule.warmup_iters,
    warmupStart: schedule.warmup_ratio,
    total: schedule.max_iters,
  });
}

/** Counts the parameters that learn at another rate, or decay otherwise. */
function compareGroups(subject: Subject): Comparison {
  const line = (name: string, scale: number, decay: number) =>
    `${name} ${scale.toPrecision(12)} ${decay}`;
  const ours = groupsOf(subject).flatMap(({ parameters, learningRateScale = 1, weightDecay }) =>
    [...parameters.keys()].map((name) => line(name, learningRateScale, weightDecay)),
  );
  const theirs = subject.described.training.groups.flatMap((group) =>
    group.params.map((name) => line(ownName(name), group.lr_scale, group.weight_decay)),
  );
  const alone = [
    ...ours.filter((each) => !theirs.includes(each)),
    ...theirs.filter((each) => !ours.includes(each)),
  ];
  return compareNumbers('parameters in other groups', alone.length, 0, 0);
}

function compareRates(described: ModelCase): Comparison[] {
  const { groups, lr_of_every_iteration_per_group: rates } = described.training;
  return groups.map(({ lr_scale: scale }, group) => {
    const rateAt = scheduleOf(described, scale);
    const distances = rates.map((row, iteration) => {
      const theirs = at(row, group);
      return Math.abs(rateAt(iteration) - theirs) / theirs;
    });
    return compareNumbers(`rates of group ${group}`, Math.max(...distances), 0, TOLERANCE.rate);
  });
}

/** One step from the stored gradients; the model is as it was afterwards. */
function compareStep(subject: Subject): Comparison[] {
  const { fixture, described, model } = subject;
  const parameters = model.namedParameters();
  const own = new Map([...parameters].map(([name, { grad }]) => [name, grad]));
  const before = noGrad(() => new Map([...parameters].map(([name, x]) => [name, x.clone()])));
  const stored = readOwn(fixture, 'grads.safetensors');
  const after = readOwn(fixture, 'after_step.safetensors');
  for (const [name, parameter] of parameters) parameter.grad = required(stored, name);
  optimizerOf(subject).step(scheduleOf(described)(0));
  const slices = Object.entries(described.files['grads.safetensors'].analytically_zero_slices);
  const zero = Object.fromEntries(slices.map(([name, slice]) => [ownName(name), slice]));
  const rows = [...after].flatMap(([name, theirs]) => {
    if (theirs.dtype === 'i64')
      return [
        compareNumbers(
          `after step ${name}`,
          model.state().get(name)?.number() ?? -1,
          theirs.number(),
          0,
        ),
      ];
    const kept = withoutZeros(zero[name]);
    const ours = kept(required(model.state(), name).detach());
    return [compareTensors(`after step ${name}`, ours, kept(theirs), TOLERANCE.step)];
  });
  noGrad(() => {
    for (const [name, parameter] of parameters) parameter.copy_(required(before, name));
  });
  for (const [name, parameter] of parameters) parameter.grad = own.get(name);
  return rows;
}

/** Compares the moves of weights, and BatchNorm's statistics, at the end. */
function compareFinal({ fixture, described, model }: Subject): Comparison[] {
  const before = readOwn(fixture, 'weights.safetensors');
  const moves = Object.entries(described.final_moves).flatMap(([published, theirs]) => {
    if (theirs.do_not_compare) return [];
    const name = ownName(published);
    const move = required(model.state(), name).detach().sub(required(before, name));
    const ours = move.square().mean().sqrt().number();
    return [
      compareNumbers(`move of ${name}`, ours, theirs.rms_move, TOLERANCE.move * theirs.rms_move),
    ];
  });
  const statistics = [...readOwn(fixture, 'final_statistics.safetensors')].map(([name, theirs]) => {
    const largest = theirs.to('f64').abs().amax().number();
    const ours = required(model.state(), name).detach();
    return compareTensors(`final ${name}`, ours, theirs, TOLERANCE.statistics * largest);
  });
  return [...moves, ...statistics];
}
