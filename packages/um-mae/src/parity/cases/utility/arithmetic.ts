/** Sections of the utility case on layers, tables, losses and the optimizer. */
import { crossEntropy, gradients, type Tensor } from '@um-mae/torch';
import { dropPath, Parameter } from '@um-mae/torch/nn';
import { AdamW, clipGradientNorm } from '@um-mae/torch/optim';
import { z } from 'zod';
import { patchify } from '../../../backbones/parts/grid/patches.js';
import {
  classPositions,
  sineCosinePositions,
} from '../../../backbones/parts/positions/sine-cosine-positions.js';
import { shownCount } from '../../../masking/secondary.js';
import { softTargetCrossEntropy } from '../../../tasks/classification/soft-target-cross-entropy.js';
import { resizePositions } from '../../../weights/initial/positions.js';
import { type Comparison, compareNumbers, compareTensors } from '../../comparison.js';
import { required } from '../../fixture.js';
import { type Section, section, type Tensors } from './section.js';

const tolerance = z.number();

const positions: Section<{
  tables: { name: string; embed_dim: number; grid: number; cls_row: boolean }[];
}> = {
  schema: z.object({
    tables: z.array(
      z.object({ name: z.string(), embed_dim: z.number(), grid: z.number(), cls_row: z.boolean() }),
    ),
  }),
  compare: ({ tables }, tensors) =>
    tables.map(({ name, embed_dim: channels, grid: side, cls_row: hasClassRow }) => {
      const grid = { rows: side, columns: side };
      const table = hasClassRow
        ? classPositions(grid, channels)
        : sineCosinePositions(grid, channels);
      return compareTensors(`positions ${name}`, table, required(tensors, `${name}.float32`), 1e-7);
    }),
};

const shown: Section<{
  ratios: number[];
  rows_visible_then_kept_per_ratio: [number, number[]][];
}> = {
  schema: z.object({
    ratios: z.array(z.number()),
    rows_visible_then_kept_per_ratio: z.array(z.tuple([z.number(), z.array(z.number())])),
  }),
  compare: ({ ratios, rows_visible_then_kept_per_ratio: rows }) =>
    rows.map(([visible, kept]) => {
      const differing = ratios.filter((ratio, i) => shownCount(visible, ratio) !== kept[i]);
      return compareNumbers(
        `ratios of ${visible} visible units that show others`,
        differing.length,
        0,
        0,
      );
    }),
};

const patches: Section<unknown> = {
  schema: z.unknown(),
  compare: (_, tensors) =>
    [...tensors].flatMap(([name, images]) => {
      const [, sizes, side] = /^images_(\d+_(\d+))$/.exec(name) ?? [];
      if (sizes === undefined) return [];
      const theirs = required(tensors, `patches_${sizes}`);
      return [compareTensors(`patches ${sizes}`, patchify(images, Number(side)), theirs, 0)];
    }),
};

const interpolation: Section<{
  cases: { name: string; to_grid: number; leading_entries_kept: number }[];
  tolerance: number;
}> = {
  schema: z.object({
    cases: z.array(
      z.object({ name: z.string(), to_grid: z.number(), leading_entries_kept: z.literal([0, 1]) }),
    ),
    tolerance,
  }),
  compare: ({ cases, tolerance: most }, tensors) =>
    cases.map(({ name, to_grid: side, leading_entries_kept: kept }) => {
      const resized = resizePositions(required(tensors, `${name}.in`), side ** 2, kept === 1);
      return compareTensors(`resized ${name}`, resized, required(tensors, `${name}.out`), most);
    }),
};

const losses: Section<{ values: Record<string, number>; tolerance: number }> = {
  schema: z.object({ values: z.record(z.string(), z.number()), tolerance }),
  compare: ({ values, tolerance: most }, tensors) =>
    Object.entries(values).flatMap(([name, theirs]) => {
      const logits = required(tensors, 'logits').clone();
      logits.requiresGrad = true;
      const loss = lossNamed(name, logits, tensors);
      const [gradient = logits.mul(Number.NaN)] = gradients(loss, [logits]);
      return [
        compareNumbers(`loss ${name}`, loss.number(), theirs, most),
        compareTensors(
          `grad of ${name}`,
          gradient,
          required(tensors, `${name}.gradient_of_logits`),
          most,
        ),
      ];
    }),
};

function lossNamed(name: string, logits: Tensor, tensors: Tensors): Tensor {
  const labels = required(tensors, 'labels');
  if (name === 'soft_target')
    return softTargetCrossEntropy(logits, required(tensors, 'soft_targets'));
  const [, smoothing = '0'] = /^label_smoothing_(.*)$/.exec(name) ?? [];
  return crossEntropy(logits, labels, { labelSmoothing: Number(smoothing) });
}

const adamw: Section<{
  betas: [number, number];
  eps: number;
  weight_decay_of_matrix: number;
  weight_decay_of_vector: number;
  lr_per_step: number[];
  clip: { max_norm: number; norm: number }[];
  tolerance: number;
}> = {
  schema: z.object({
    betas: z.tuple([z.number(), z.number()]),
    eps: z.number(),
    weight_decay_of_matrix: z.number(),
    weight_decay_of_vector: z.number(),
    lr_per_step: z.array(z.number()),
    clip: z.array(z.object({ max_norm: z.number(), norm: z.number() })).default([]),
    tolerance,
  }),
  compare(content, tensors) {
    const { betas, eps: epsilon, tolerance: most } = content;
    const own = (name: string) => new Parameter(required(tensors, `${name}.0`).clone());
    const parameters = new Map(['matrix', 'vector'].map((name) => [name, own(name)]));
    const groups = [...parameters].map(([name, parameter]) => ({
      parameters: new Map([[name, parameter]]),
      weightDecay:
        name === 'matrix' ? content.weight_decay_of_matrix : content.weight_decay_of_vector,
    }));
    const optimizer = new AdamW(groups, { betas, epsilon });
    const steps = content.lr_per_step.flatMap((rate, i) => {
      const step = i + 1;
      for (const [name, parameter] of parameters) {
        parameter.grad = required(tensors, `${name}.grad.${step}`);
      }
      optimizer.step(rate);
      return [...parameters].map(([name, parameter]) =>
        compareTensors(
          `AdamW step ${step} of ${name}`,
          parameter,
          required(tensors, `${name}.${step}`),
          most,
        ),
      );
    });
    return [...steps, ...content.clip.flatMap((row) => clipped(row, tensors, most))];
  },
};

/** Gradients of two parameters, made shorter together. */
function clipped(
  { max_norm: longest, norm: theirs }: { readonly max_norm: number; readonly norm: number },
  tensors: Tensors,
  most: number,
): Comparison[] {
  const parameters = [0, 1].map((i) => {
    const gradient = required(tensors, `clip.grad${i}`);
    const parameter = new Parameter(gradient.clone());
    parameter.grad = gradient.clone();
    return parameter;
  });
  const norm = clipGradientNorm(parameters, longest).number();
  return [
    compareNumbers(`norm of gradients, clipped at ${longest}`, norm, theirs, theirs * 1e-6),
    ...parameters.map((parameter, i) =>
      compareTensors(
        `gradient ${i}, clipped at ${longest}`,
        parameter.grad ?? parameter.mul(Number.NaN),
        required(tensors, `clip.${longest}.grad${i}`),
        most,
      ),
    ),
  ];
}

const stochasticDepth: Section<{ cases: { rate: number }[]; tolerance: number }> = {
  schema: z.object({ cases: z.array(z.object({ rate: z.number() })), tolerance }),
  compare: ({ cases, tolerance: most }, tensors) =>
    cases.map(({ rate }) => {
      const ours = dropPath(required(tensors, 'x'), required(tensors, `draw_${rate}`), rate);
      return compareTensors(
        `stochastic depth ${rate}`,
        ours,
        required(tensors, `out_${rate}`),
        most,
      );
    }),
};

/** Sections of layers, tables, losses and the optimizer. */
export const arithmeticSections = {
  sincos_position_table: section(positions),
  secondary_mask_kept_counts: section(shown),
  patchify: section(patches),
  position_interpolation: section(interpolation),
  losses: section(losses),
  adamw: section(adamw),
  stochastic_depth: section(stochasticDepth),
} as const;
