/**
 * A few epochs of the published training loop, against ours: schedule, accumulation, groups,
 * weights.
 */
import { Generator, type Tensor } from '@um-mae/torch';
import { AdamW, gradientNorm, warmupCosine } from '@um-mae/torch/optim';
import { z } from 'zod';
import { at } from '../../at.js';
import { buildObjective } from '../../objectives/build.js';
import type { Objective } from '../../objectives/objective.js';
import { parameterGroups } from '../../tasks/pretrain/parameter-groups.js';
import { type Comparison, compareNumbers } from '../comparison.js';
import { type Fixture, readTensors, required } from '../fixture.js';
import { publishedMask } from '../published/published-mask.js';

const trainingCase = z.object({
  settings: z.object({
    epochs: z.number(),
    micro_batches_per_epoch: z.number(),
    batch: z.number(),
    accum_iter: z.number(),
    lr: z.number(),
    min_lr: z.number(),
    warmup_epochs: z.number(),
    weight_decay: z.number(),
    betas: z.tuple([z.number(), z.number()]),
  }),
  expected: z.object({
    loss_per_micro_batch: z.array(z.number()),
    steps: z.array(
      z.object({ lr: z.array(z.number()), grad_norm: z.number(), param_norm: z.number() }),
    ),
  }),
});

type TrainingCase = z.infer<typeof trainingCase>;

/** The case's tolerances, relative to the published numbers. */
const TOLERANCE = { loss: 1e-4, gradientNorm: 1e-3, parameterNorm: 1e-5, move: 0.05 };

export function runTrainingCase(fixture: Fixture): Comparison[] {
  const { settings, expected } = trainingCase.parse(fixture.json);
  const model = buildObjective(fixture.model, { generator: new Generator(0) });
  model.to(fixture.device);
  model.loadState(readTensors(fixture, 'weights.safetensors'));
  const run = train(model, fixture, settings);

  const losses = expected.loss_per_micro_batch.map((theirs, i) =>
    relativeTo(`loss of micro-batch ${i}`, run.losses[i], theirs, TOLERANCE.loss),
  );
  const steps = expected.steps.flatMap((theirs, i) => [
    relativeTo(`lr of step ${i}`, run.steps[i]?.rate, at(theirs.lr, 0), 1e-12),
    relativeTo(
      `gradient norm of step ${i}`,
      run.steps[i]?.gradientNorm,
      theirs.grad_norm,
      TOLERANCE.gradientNorm,
    ),
    relativeTo(
      `parameter norm of step ${i}`,
      run.steps[i]?.parameterNorm,
      theirs.param_norm,
      TOLERANCE.parameterNorm,
    ),
  ]);
  return [...losses, ...steps, ...compareFinal(model, fixture)];
}

interface StepRecord {
  readonly rate: number;
  readonly gradientNorm: number;
  readonly parameterNorm: number;
}

/**
 * Takes micro-batches in their order. Every `accum_iter` of them in an epoch make a step; what is
 * left over at the end of an epoch is forgotten, as in the published loop.
 */
function train(
  model: Objective,
  fixture: Fixture,
  settings: TrainingCase['settings'],
): { losses: number[]; steps: StepRecord[] } {
  const inputs = readTensors(fixture, 'inputs.safetensors');
  const images = required(inputs, 'images').to('f32');
  const { batch, accum_iter: accumulation, micro_batches_per_epoch: perEpoch } = settings;
  const rateAt = warmupCosine({
    peak: settings.lr,
    minimum: settings.min_lr,
    warmup: settings.warmup_epochs,
    total: settings.epochs,
  });
  const parameters = model.namedParameters();
  const optimizer = new AdamW(parameterGroups(parameters, settings.weight_decay), {
    betas: settings.betas,
  });
  const losses: number[] = [];
  const steps: StepRecord[] = [];
  for (let i = 0; i < settings.epochs * perEpoch; i++) {
    const place = i % perEpoch;
    if (place === 0) optimizer.zeroGrad();
    const dropped = required(inputs, 'mask').narrow(0, place * batch, batch);
    // Only secondary masking draws noise.
    const mask = publishedMask(fixture, dropped, inputs.get('noise')?.at(i));
    const loss = model.forward(images.narrow(0, place * batch, batch), mask);
    losses.push(loss.number());
    loss.div(accumulation).backward();
    if ((place + 1) % accumulation !== 0) continue;
    // The rate is that of the first micro-batch of the step.
    const rate = rateAt((i + 1 - accumulation) / perEpoch);
    const norm = gradientNorm(parameters.values()).number();
    optimizer.step(rate);
    optimizer.zeroGrad();
    steps.push({ rate, gradientNorm: norm, parameterNorm: totalNorm([...parameters.values()]) });
  }
  return { losses, steps };
}

function totalNorm(tensors: readonly Tensor[]): number {
  return Math.hypot(...tensors.map((tensor) => tensor.detach().norm().number()));
}

function relativeTo(
  name: string,
  ours: number | undefined,
  theirs: number,
  tolerance: number,
): Comparison {
  return compareNumbers(name, ours ?? Number.NaN, theirs, tolerance * Math.abs(theirs));
}

/**
 * Root-mean-square distance of each parameter to the published one, in parts of how far that one
 * moved.
 */
function compareFinal(model: Objective, fixture: Fixture): Comparison[] {
  const before = readTensors(fixture, 'weights.safetensors');
  const parameters = model.namedParameters();
  return [...readTensors(fixture, 'final.safetensors')]
    .filter(([name]) => !driftsRandomly(name))
    .map(([name, theirs]) => {
      const distance = required(parameters, name).detach().sub(theirs).norm().number();
      const move = required(before, name).sub(theirs).norm().number();
      // A bias that no difference reaches has not moved: then neither may ours.
      const part = move === 0 ? distance : distance / move;
      return compareNumbers(`${name} (in parts of its move)`, part, 0, TOLERANCE.move);
    });
}

/** Gradients that are zero but for rounding, which Adam turns into moves of any sign. */
function driftsRandomly(name: string): boolean {
  return name.endsWith('.posmlp.2.bias') || name.endsWith('.qkv.bias') || name.endsWith('.kv.bias');
}
