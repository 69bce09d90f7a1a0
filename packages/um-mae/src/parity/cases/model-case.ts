/**
 * One forward pass, one backward pass and one optimizer step of a model with given weights, against
 * what the published implementation computed.
 */
import { cat, Generator, noGrad, type Tensor } from '@um-mae/torch';
import { AdamW } from '@um-mae/torch/optim';
import { z } from 'zod';
import { at } from '../../at.js';
import { fullGrid } from '../../backbones/parts/grid/patch-grid.js';
import { patchify } from '../../backbones/parts/grid/patches.js';
import { UmMaeError } from '../../errors.js';
import type { Mask, TrainingMask } from '../../masking/mask.js';
import { buildObjective } from '../../objectives/build.js';
import { MaskedAutoencoder } from '../../objectives/masked-autoencoder.js';
import type { MaskedObjective } from '../../objectives/masked-objective.js';
import { normalisePatches } from '../../objectives/pixel-target.js';
import { parameterGroups } from '../../tasks/pretrain/parameter-groups.js';
import { type Comparison, compareNumbers, compareTensors } from '../comparison.js';
import { type Fixture, readTensors, required } from '../fixture.js';
import { decoderValues, encoderValues } from '../inner-values.js';
import { observedCalls } from '../observed-calls.js';
import { publishedMask } from '../published/published-mask.js';

const tolerated = z.object({ recommended_atol: z.number().optional() });

const modelCase = z.object({
  files: z.object({
    'expected.safetensors': z.object({ tensors: z.record(z.string(), tolerated) }),
    'grads.safetensors': z.object({
      per_tensor: z.record(
        z.string(),
        z.object({ norm: z.number(), recommended_atol: z.number() }),
      ),
      analytically_zero: z.array(z.string()),
      analytically_zero_slices: z.array(z.string()),
    }),
    /** Some cases stop at the gradients. */
    'after_step.safetensors': z.unknown().optional(),
  }),
  optimizer: z.object({
    lr: z.number(),
    betas: z.tuple([z.number(), z.number()]),
    eps: z.number(),
    groups: z.array(z.object({ weight_decay: z.number(), params: z.array(z.string()) })),
  }),
});

type ModelCase = z.infer<typeof modelCase>;

/** Relative L2 distance that a gradient may have, where its norm exceeds `GRADIENT_FLOOR`. */
const GRADIENT_L2 = 1e-3;
const GRADIENT_FLOOR = 1e-5;

/** Whether `json` describes a case of this kind. */
export function isModelCase(json: unknown): boolean {
  return modelCase.safeParse(json).success;
}

export function runModelCase(fixture: Fixture): Comparison[] {
  const description = modelCase.parse(fixture.json);
  const model = buildObjective(fixture.model, { generator: new Generator(0) });
  model.to(fixture.device);
  model.loadState(readTensors(fixture, 'weights.safetensors'));
  const inputs = readTensors(fixture, 'inputs.safetensors');
  const images = required(inputs, 'images').to('f32');
  const mask = publishedMask(fixture, required(inputs, 'mask'), inputs.get('noise'));

  const { values, loss } = observedForward(model, images, mask);
  const forward = compareForward(fixture, description, values);
  loss.backward();
  return [
    ...forward,
    ...compareGradients(fixture, description, model),
    ...compareStep(fixture, description, model),
  ];
}

/** Everything that the case may have numbers for, by the case's names. */
function observedForward(
  model: MaskedObjective,
  images: Tensor,
  mask: TrainingMask,
): { values: Map<string, Tensor>; loss: Tensor } {
  const { calls, result: loss } = observedCalls(model, () => model.forward(images, mask));
  const values = noGrad(() => {
    const { encoder } = model;
    const { pixels } = fullGrid(images, encoder.patch);
    return new Map([
      ...encoderValues(model, calls),
      ...decoderValues(calls),
      ['patch_embed', encoder.patch_embed.forward({ pixels })] as const,
      ['new_mask', mask.visible.logicalAnd(mask.hidden.logicalNot()).logicalNot()] as const,
      ['vis_mask', mask.hidden.maskedSelect(mask.visible)] as const,
      ['target', publishedTarget(model, images, mask)] as const,
      ['pred', publishedPrediction(model, images, mask)] as const,
    ]);
  });
  return { values: values.set('loss', loss), loss };
}

/** The pixels that the dropped units are held against. */
function publishedTarget(model: MaskedObjective, images: Tensor, mask: TrainingMask): Tensor {
  const units = patchify(images, model.unit);
  const [batch, , values] = units.sizes(3);
  const dropped = units.maskedSelect(mask.predicted.unsqueeze(-1)).view([batch, -1, values]);
  return model.options.normPixels ? normalisePatches(dropped) : dropped;
}

/** The predictions of the visible units, then of the dropped ones; of SimMIM in raster order. */
function publishedPrediction(model: MaskedObjective, images: Tensor, mask: Mask): Tensor {
  const raster = model.predict(images, mask);
  if (!(model instanceof MaskedAutoencoder)) return raster;
  const [batch, , values] = raster.sizes(3);
  const rows = (which: Tensor) =>
    raster.maskedSelect(which.unsqueeze(-1)).view([batch, -1, values]);
  return cat([rows(mask.visible), rows(mask.visible.logicalNot())], { dim: 1 });
}

function compareForward(
  fixture: Fixture,
  { files }: ModelCase,
  values: ReadonlyMap<string, Tensor>,
): Comparison[] {
  const described = files['expected.safetensors'].tensors;
  return [...readTensors(fixture, 'expected.safetensors')].map(([name, theirs]) => {
    const ours = storedPart(name, required(values, name), theirs);
    const tolerance = described[name]?.recommended_atol ?? 0;
    return compareTensors(name, ours, computedPart(theirs, ours), tolerance);
  });
}

/** Takes the part that we compute of the last decoder block: the dropped units, which come last. */
function computedPart(theirs: Tensor, ours: Tensor): Tensor {
  if (theirs.shape.length !== 3 || theirs.elements === ours.elements) return theirs;
  const [, own] = ours.sizes(3);
  return theirs.narrow(1, at(theirs.shape, 1) - own, own);
}

/**
 * Takes the part that the case stores: the first windows, and sometimes the predictions of the last
 * image only.
 */
function storedPart(name: string, ours: Tensor, theirs: Tensor): Tensor {
  const [stored = 1] = theirs.shape;
  if (name.endsWith('.position_bias') || name.endsWith('.separated')) {
    return ours.narrow(0, 0, stored);
  }
  return name === 'pred' ? ours.narrow(0, at(ours.shape, 0) - stored, stored) : ours;
}

function compareGradients(
  fixture: Fixture,
  { files }: ModelCase,
  model: MaskedObjective,
): Comparison[] {
  const expected = readTensors(fixture, 'grads.safetensors');
  const described = files['grads.safetensors'];
  const parameters = model.namedParameters();
  return Object.entries(described.per_tensor).flatMap(([name, { norm, recommended_atol }]) => {
    if (described.analytically_zero.includes(name)) return [];
    const theirs = withoutZeroSlice(required(expected, name), name, described);
    const ours = withoutZeroSlice(gradientOf(parameters, name), name, described);
    const rows = [compareTensors(`grad ${name}`, ours, theirs, recommended_atol)];
    if (norm > GRADIENT_FLOOR) {
      const distance = ours.sub(theirs).norm().div(theirs.norm()).number();
      rows.push(compareNumbers(`grad ${name} (relative L2)`, distance, 0, GRADIENT_L2));
    }
    return rows;
  });
}

function gradientOf(parameters: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const gradient = parameters.get(name)?.grad;
  if (!gradient) throw new UmMaeError('parity', `Expected a gradient of \`${name}\` but got none.`);
  return gradient;
}

/**
 * Drops the part of a gradient that is zero but for rounding, e.g. `blocks.0.attn.qkv.bias[8:16]`.
 */
function withoutZeroSlice(
  gradient: Tensor,
  name: string,
  described: { analytically_zero_slices: readonly string[] },
): Tensor {
  const entry = described.analytically_zero_slices.find((text) => text.startsWith(`${name}[`));
  const [, start, end] = /\[(\d+):(\d+)\]/.exec(entry ?? '') ?? [];
  if (start === undefined || end === undefined) return gradient;
  return cat([gradient.slice({ end: Number(start) }), gradient.slice({ start: Number(end) })]);
}

/**
 * One AdamW step from the stored gradients, and, where a gradient is large enough for Adam's first
 * step to mean more than its sign, from our own.
 */
function compareStep(
  fixture: Fixture,
  { files, optimizer }: ModelCase,
  model: MaskedObjective,
): Comparison[] {
  if (!files['after_step.safetensors']) return [];
  const before = readTensors(fixture, 'weights.safetensors');
  const stored = readTensors(fixture, 'grads.safetensors');
  const expected = readTensors(fixture, 'after_step.safetensors');
  const own = new Map(
    [...model.namedParameters().keys()].map((name) => [
      name,
      gradientOf(model.namedParameters(), name),
    ]),
  );
  const decay = Math.max(...optimizer.groups.map((group) => group.weight_decay));
  const step = (gradients: ReadonlyMap<string, Tensor>) => {
    model.loadState(before);
    const parameters = model.namedParameters();
    for (const [name, parameter] of parameters) parameter.grad = required(gradients, name);
    const { betas, eps, lr } = optimizer;
    new AdamW(parameterGroups(parameters, decay), { betas, epsilon: eps }).step(lr);
    return parameters;
  };

  const fromStored = [...step(stored)].map(([name, ours]) => {
    const theirs = required(expected, name);
    return compareTensors(
      `step ${name}`,
      ours,
      theirs,
      theirs.abs().amax().number() > 1 ? 2e-7 : 1e-7,
    );
  });
  const fromOwn = [...step(own)].flatMap(([name, ours]) => {
    const large = required(stored, name).abs().gt(1e-5);
    if (!large.any().item()) return [];
    const theirs = required(expected, name).maskedSelect(large);
    return [
      compareTensors(`step from own gradients ${name}`, ours.maskedSelect(large), theirs, 1e-6),
    ];
  });
  return [...fromStored, ...fromOwn];
}
