/** Sections of the utility case on learning rates: schedules, and those of each layer. */
import { Generator, scope } from '@um-mae/torch';
import { warmupCosine } from '@um-mae/torch/optim';
import { z } from 'zod';
import { blocksOf } from '../../../backbones/parts/blocks/residual-block.js';
import { UmMaeError } from '../../../errors.js';
import { Classifier } from '../../../heads/classifier.js';
import { publishedFinetuneRecipes } from '../../../recipes/finetune/published.js';
import { layerDecayGroups } from '../../../training/steps/layer-decay.js';
import { type Comparison, compareNumbers } from '../../comparison.js';
import { type Section, section } from './section.js';

const scheduleRun = z.object({
  args: z.object({
    lr: z.number(),
    min_lr: z.number(),
    warmup_epochs: z.number(),
    epochs: z.number(),
  }),
  points: z.array(z.array(z.number())),
});

const schedule: Section<{ runs: z.infer<typeof scheduleRun>[] }> = {
  schema: z.object({ runs: z.array(scheduleRun) }),
  compare: ({ runs }) => runs.map(compareSchedule),
};

function compareSchedule({ args, points }: z.infer<typeof scheduleRun>, i: number): Comparison {
  const rate = warmupCosine({
    peak: args.lr,
    minimum: args.min_lr,
    warmup: args.warmup_epochs,
    total: args.epochs,
  });
  const distances = points.map(
    ([epoch = 0, theirs = 0]) =>
      Math.abs(rate(epoch) - theirs) / Math.max(Math.abs(theirs), Number.MIN_VALUE),
  );
  return compareNumbers(`schedule ${i} (relative)`, Math.max(...distances), 0, 1e-12);
}

const group = z.object({
  lr_scale: z.number(),
  weight_decay: z.number(),
  params: z.array(z.string()),
});

const decayedModel = z.object({ layer_decay: z.number(), groups_in_order: z.array(group) });

const layerDecay: Section<{ models: Record<string, z.infer<typeof decayedModel>> }> = {
  schema: z.object({ models: z.record(z.string(), decayedModel) }),
  compare: ({ models }) =>
    Object.entries(models).map(([name, { layer_decay: decay, groups_in_order: theirs }]) =>
      compareGroups(name, fullSizeClassifier(name), decay, theirs),
    ),
};

/** The published models are those of our recipes. */
function fullSizeClassifier(name: string): Classifier {
  const recipes = Object.entries(publishedFinetuneRecipes);
  const found = recipes.find(([, { publishedModel }]) => publishedModel === name);
  if (!found) throw new UmMaeError('parity', `Expected a published model but got \`${name}\`.`);
  const { backbone, image } = found[1].recipe;
  const options = { backbone, image, headPooling: 'mean', classes: 1000 } as const;
  return new Classifier(options, { generator: new Generator(0) });
}

/**
 * Counts the parameters that differ in learning rate or decay. The order of the groups does not
 * matter.
 */
export function compareGroups(
  name: string,
  model: Classifier,
  layerDecay: number,
  theirs: readonly z.infer<typeof group>[],
): Comparison {
  return scope(() => {
    const blocks = blocksOf(model).length;
    const groups = layerDecayGroups(model.namedParameters(), {
      blocks,
      layerDecay,
      weightDecay: 0.05,
    });
    const ours = groups.flatMap(({ parameters, learningRateScale = 1, weightDecay }) =>
      [...parameters.keys()].map((parameter) =>
        describe(parameter, learningRateScale, weightDecay),
      ),
    );
    const published = theirs.flatMap(({ params, lr_scale: scale, weight_decay: decay }) =>
      params.map((parameter) => describe(parameter, scale, decay)),
    );
    const differing = [
      ...ours.filter((line) => !published.includes(line)),
      ...published.filter((line) => !ours.includes(line)),
    ];
    return compareNumbers(`parameters of ${name} in other groups`, differing.length, 0, 0);
  });
}

function describe(parameter: string, scale: number, decay: number): string {
  return `${parameter} ${scale.toPrecision(12)} ${decay}`;
}

/** Sections of learning rates. */
export const rateSections = {
  learning_rate_schedule: section(schedule),
  layer_decay_groups: section(layerDecay),
} as const;
