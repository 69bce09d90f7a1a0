/**
 * The sections of the utility case that have tensors of their own, each computed from what the case
 * says.
 */
import { crossEntropy, gradients, type Tensor } from '@um-mae/torch';
import { dropPath, Parameter } from '@um-mae/torch/nn';
import { AdamW } from '@um-mae/torch/optim';
import { z } from 'zod';
import { patchify } from '../../backbones/parts/patches.js';
import {
  classPositions,
  sineCosinePositions,
} from '../../backbones/parts/sine-cosine-positions.js';
import { mixImages, pasteAround, softTargets } from '../../data/augmentation/mixing.js';
import { shownCount } from '../../masking/secondary.js';
import { softTargetCrossEntropy } from '../../tasks/classification/soft-target-cross-entropy.js';
import { resizePositions } from '../../weights/positions.js';
import { type Comparison, compareNumbers, compareTensors } from '../comparison.js';
import { type Case, readTensors, required } from '../fixture.js';

type Tensors = ReadonlyMap<string, Tensor>;

/** One section: its schema, and what is compared of it. */
interface Section<Content> {
  readonly schema: z.ZodType<Content>;
  readonly compare: (content: Content, tensors: Tensors) => Comparison[];
}

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
  tolerance: number;
}> = {
  schema: z.object({
    betas: z.tuple([z.number(), z.number()]),
    eps: z.number(),
    weight_decay_of_matrix: z.number(),
    weight_decay_of_vector: z.number(),
    lr_per_step: z.array(z.number()),
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
    return content.lr_per_step.flatMap((rate, i) => {
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
  },
};

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

const mixingCase = z.object({
  name: z.string(),
  mode: z.string(),
  label_smoothing: z.number(),
  draws: z.object({ beta_draws: z.array(z.unknown()), integer_draws: z.array(z.number()) }),
  cutmix_boxes: z.array(z.unknown()),
});

/** Only whole batches are mixed here; the case has per-image and per-pair mixing, too. */
const mixing: Section<{ cases: z.infer<typeof mixingCase>[]; num_classes: number }> = {
  schema: z.object({ cases: z.array(mixingCase), num_classes: z.number() }),
  compare: ({ cases, num_classes: classes }, tensors) =>
    cases
      .filter(({ mode }) => mode === 'batch')
      .flatMap(({ name, label_smoothing: smoothing, draws, cutmix_boxes: boxes }) => {
        const images = required(tensors, 'images');
        const [, , height, width] = images.sizes(4);
        const lambda = Number(draws.beta_draws[0]);
        const [row = 0, column = 0] = draws.integer_draws;
        const mixed =
          boxes.length > 0 ? pasteAround({ row, column }, lambda, { height, width }) : { lambda };
        const targets = softTargets(required(tensors, 'labels'), {
          classes,
          smoothing,
          mixing: mixed,
        });
        return [
          compareTensors(
            `images of ${name}`,
            mixImages(images, mixed),
            required(tensors, `${name}.images`),
            1e-6,
          ),
          compareTensors(`targets of ${name}`, targets, required(tensors, `${name}.targets`), 1e-6),
        ];
      }),
};

/** Runs a section, with the tensors of its file. */
function run<Content>(
  { schema, compare }: Section<Content>,
  fixture: Case,
  content: unknown,
): Comparison[] {
  const file = z.object({ file: z.string().optional() }).parse(content).file;
  const tensors = file === undefined ? new Map() : readTensors({ ...fixture, device: 'cpu' }, file);
  return compare(schema.parse(content), tensors);
}

/** The sections by their names in the case. */
const sections: Readonly<Record<string, (fixture: Case, content: unknown) => Comparison[]>> = {
  sincos_position_table: (fixture, content) => run(positions, fixture, content),
  secondary_mask_kept_counts: (fixture, content) => run(shown, fixture, content),
  patchify: (fixture, content) => run(patches, fixture, content),
  position_interpolation: (fixture, content) => run(interpolation, fixture, content),
  losses: (fixture, content) => run(losses, fixture, content),
  adamw: (fixture, content) => run(adamw, fixture, content),
  stochastic_depth: (fixture, content) => run(stochasticDepth, fixture, content),
  mixup_cutmix: (fixture, content) => run(mixing, fixture, content),
};

/** Compares all sections that a case has; those with statistics alone are left to tests. */
export function compareSections(fixture: Case): Comparison[] {
  const all = new Map(Object.entries(Object(fixture.json)));
  return Object.entries(sections).flatMap(([name, compare]) => {
    const content = all.get(name);
    return content === undefined ? [] : compare(fixture, content);
  });
}
