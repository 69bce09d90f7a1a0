/**
 * A classifier that begins with pre-trained weights, against what the published implementation
 * computed: what it takes over, one forward pass, one backward pass, and one optimizer step.
 */
import { resolve } from 'node:path';
import { crossEntropy, Generator, noGrad, type Tensor } from '@um-mae/torch';
import { AdamW, clipGradientNorm, gradientNorm } from '@um-mae/torch/optim';
import { z } from 'zod';
import { at } from '../../at.js';
import { blocksOf, setDropPath } from '../../backbones/parts/blocks/residual-block.js';
import { Classifier } from '../../heads/classifier.js';
import { fitClassifier } from '../../tasks/classification/classifier-weights.js';
import { layerDecayGroups } from '../../training/steps/layer-decay.js';
import { openWeights } from '../../weights/open-weights.js';
import { type Comparison, compareNumbers, compareTensors } from '../comparison.js';
import { type ClassifierFixture, readTensors, required } from '../fixture.js';
import { inputOf, type ObservedCalls, observedCalls, outputsOf } from '../observed-calls.js';
import { compareGroups } from './utility/rates.js';

const gradient = z.object({ norm: z.number(), max_abs: z.number(), recommended_atol: z.number() });

const classifierCase = z.object({
  conversion: z.object({
    source: z.string(),
    copied_keys: z.array(z.string()),
    missing_keys: z.array(z.string()),
    unexpected_keys: z.array(z.string()),
  }),
  files: z.object({
    'expected.safetensors': z.object({
      tensors: z.record(z.string(), z.object({ recommended_atol: z.number().optional() })),
    }),
    'after_step.safetensors': z.object({}).optional(),
  }),
  train_step: z.object({
    loss_value: z.number(),
    grad_norm_before_clip: z.number(),
    clip_max_norm: z.number(),
    grads_before_clipping: z.record(z.string(), gradient),
    after_step_digest: z.record(z.string(), z.tuple([z.number(), z.number(), z.number()])),
    optimizer: z.object({
      betas: z.tuple([z.number(), z.number()]),
      eps: z.number(),
      scheduled_lr: z.number(),
      layer_decay: z.number(),
      groups_in_order: z.array(
        z.object({ lr_scale: z.number(), weight_decay: z.number(), params: z.array(z.string()) }),
      ),
    }),
  }),
  drop_path: z
    .object({ drop_path_rate: z.number(), rate_per_block: z.array(z.number()) })
    .nullable(),
});

type ClassifierCase = z.infer<typeof classifierCase>;

/** Relative to the published numbers. */
const TOLERANCE = { loss: 1e-5, gradientNorm: 1e-4, move: 1e-2 };

/** Smaller gradients are rounding, whose first step under Adam has any direction. */
const GRADIENT_FLOOR = 1e-5;

export function runClassifierCase(fixture: ClassifierFixture): Comparison[] {
  const description = classifierCase.parse(fixture.json);
  const model = new Classifier(fixture.classifier, { generator: new Generator(0) });
  const conversion = compareConversion(fixture, description, model);
  model.to(fixture.device).loadState(readTensors(fixture, 'weights.safetensors'));
  const { layer_decay: decay, groups_in_order: groups } = description.train_step.optimizer;
  const forward = compareForward(fixture, description, model);
  return [
    ...conversion,
    ...compareDropPath(description, model),
    compareGroups('the classifier', model, decay, groups),
    ...forward,
    ...compareGradients(fixture, description, model),
    ...compareStep(fixture, description, model),
  ];
}

/** The converted weights, and the names on either side that have no counterpart. */
function compareConversion(
  fixture: ClassifierFixture,
  { conversion }: ClassifierCase,
  model: Classifier,
): Comparison[] {
  const { source, copied_keys: copied, missing_keys: missing, unexpected_keys: left } = conversion;
  const files = source.match(/\.\.\/\S+\.(pth|safetensors)/g) ?? [];
  const found = new Map(
    files.flatMap((file) => [...openWeights(resolve(fixture.folder, file)).tensors]),
  );
  const options = { path: source, newHead: false, resizePositions: true };
  const fit = fitClassifier(model, found, options);
  const theirs = readTensors(fixture, 'weights.safetensors');
  return [
    compareNames('missing names', fit.missing, missing),
    compareNames('names left out', fit.leftOut, left),
    ...copied.map((name) =>
      compareTensors(
        `converted ${name}`,
        required(fit.tensors, name),
        required(theirs, name),
        fit.resized.includes(name) ? 2e-6 : 0,
      ),
    ),
  ];
}

function compareNames(what: string, ours: readonly string[], theirs: readonly string[]) {
  const differing = [
    ...ours.filter((name) => !theirs.includes(name)),
    ...theirs.filter((name) => !ours.includes(name)),
  ];
  return compareNumbers(`${what} that differ`, differing.length, 0, 0);
}

function compareDropPath({ drop_path: theirs }: ClassifierCase, model: Classifier): Comparison[] {
  if (!theirs) return [];
  const generator = new Generator(0);
  setDropPath(model, { rate: theirs.drop_path_rate, generator });
  const rates = blocksOf(model).map(({ dropPath }) => dropPath.rate);
  setDropPath(model, { rate: 0, generator });
  const distances = theirs.rate_per_block.map((rate, i) =>
    Math.abs(rate - (rates[i] ?? Number.NaN)),
  );
  return [compareNumbers('rates of stochastic depth', Math.max(...distances), 0, 1e-7)];
}

/** Leaves gradients. */
function compareForward(
  fixture: ClassifierFixture,
  { files, train_step: step }: ClassifierCase,
  model: Classifier,
): Comparison[] {
  const inputs = readTensors(fixture, 'inputs.safetensors');
  const images = required(inputs, 'images').to('f32');
  const { calls, result: logits } = observedCalls(model, () => model.forward(images));
  const loss = crossEntropy(logits, required(inputs, 'labels'), { labelSmoothing: 0.1 });
  loss.backward();
  const described = files['expected.safetensors'].tensors;
  const tensors = [...readTensors(fixture, 'expected.safetensors')].flatMap(([name, theirs]) => {
    const tolerance = described[name]?.recommended_atol;
    if (tolerance === undefined) return [];
    return [compareTensors(name, innerValue(calls, name), theirs, tolerance)];
  });
  const tolerance = TOLERANCE.loss * step.loss_value;
  return [...tensors, compareNumbers('loss', loss.number(), step.loss_value, tolerance)];
}

/**
 * A value by the name that the case gives it: a module's output, but for what the head is given and
 * gives.
 */
function innerValue(calls: ObservedCalls, name: string): Tensor {
  if (name === 'head_input') return inputOf(calls, 'head');
  const path = name === 'logits' ? 'head' : name.replace(/^block\./, 'blocks.');
  return at(outputsOf(calls, path), -1);
}

function compareGradients(
  fixture: ClassifierFixture,
  { files, train_step: step }: ClassifierCase,
  model: Classifier,
): Comparison[] {
  const parameters = model.namedParameters();
  const hasNumbers = files['after_step.safetensors'] !== undefined;
  const stored = hasNumbers ? readTensors(fixture, 'grads.safetensors') : undefined;
  return Object.entries(step.grads_before_clipping).flatMap(([name, described]) => {
    const parameter = required(parameters, name);
    const ours = parameter.grad ?? parameter.mul(Number.NaN);
    const { norm, recommended_atol: each } = described;
    const tolerance = Math.max(TOLERANCE.gradientNorm * norm, each * Math.sqrt(ours.elements));
    const rows = [compareNumbers(`norm of grad ${name}`, ours.norm().number(), norm, tolerance)];
    if (stored) rows.push(compareTensors(`grad ${name}`, ours, required(stored, name), each));
    return rows;
  });
}

/**
 * Clips and moves by the classifier's own gradients, and where the case stores gradients, by those.
 */
function compareStep(
  fixture: ClassifierFixture,
  { files, train_step: step }: ClassifierCase,
  model: Classifier,
): Comparison[] {
  const theirNorm = step.grad_norm_before_clip;
  const norm = gradientNorm(model.namedParameters().values()).number();
  const before = copyOf(model);
  takeStep(model, step);
  const digests = Object.entries(step.after_step_digest).flatMap(([name, digest]) => {
    const change = required(model.namedParameters(), name).sub(required(before, name));
    const theirs = step.grads_before_clipping[name]?.max_abs ?? 0;
    // What clipping leaves of the gradient has to be more than rounding.
    if ((theirs * step.clip_max_norm) / theirNorm < GRADIENT_FLOOR) return [];
    return [
      compareNumbers(
        `move of ${name}`,
        change.norm().number(),
        digest[2],
        TOLERANCE.move * digest[2],
      ),
    ];
  });
  const rows = [
    compareNumbers('norm of all gradients', norm, theirNorm, TOLERANCE.gradientNorm * theirNorm),
    ...digests,
  ];
  if (!files['after_step.safetensors']) return rows;

  model.loadState(before);
  const stored = readTensors(fixture, 'grads.safetensors');
  for (const [name, parameter] of model.namedParameters()) parameter.grad = required(stored, name);
  takeStep(model, step);
  const after = readTensors(fixture, 'after_step.safetensors');
  const moved = [...model.namedParameters()].map(([name, ours]) => {
    const theirs = required(after, name);
    const tolerance = theirs.abs().amax().number() > 1 ? 2e-7 : 1e-7;
    return compareTensors(`step ${name}`, ours, theirs, tolerance);
  });
  return [...rows, ...moved];
}

function takeStep(model: Classifier, step: ClassifierCase['train_step']): void {
  const { betas, eps: epsilon, scheduled_lr: rate, layer_decay: layerDecay } = step.optimizer;
  const parameters = model.namedParameters();
  clipGradientNorm(parameters.values(), step.clip_max_norm);
  const blocks = blocksOf(model).length;
  const groups = layerDecayGroups(parameters, { blocks, layerDecay, weightDecay: 0.05 });
  new AdamW(groups, { betas, epsilon }).step(rate);
}

function copyOf(model: Classifier): Map<string, Tensor> {
  return noGrad(() => new Map([...model.state()].map(([name, value]) => [name, value.clone()])));
}
