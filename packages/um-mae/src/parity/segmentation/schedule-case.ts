/** Learning rates, and the parameter groups of full-size models, against the published ones. */
import { Generator, scope } from '@um-mae/torch';
import { warmupPoly } from '@um-mae/torch/optim';
import { z } from 'zod';
import { blocksOf } from '../../backbones/parts/blocks/residual-block.js';
import { Segmentor } from '../../heads/segmentation/segmentor.js';
import { layerDecayGroups } from '../../training/steps/layer-decay.js';
import { type Comparison, compareNumbers } from '../comparison.js';
import type { Case } from '../fixture.js';
import { ownName } from './networks/dense-values.js';
import { denseBackbone } from './networks/network.js';

const scheduleCase = z.object({
  schedules: z.array(
    z.object({
      power: z.number(),
      min_lr: z.number(),
      warmup_iters: z.number(),
      warmup_ratio: z.number(),
      max_iters: z.number(),
      base_lr: z.number(),
      iterations: z.array(z.number()),
      lr: z.array(z.number()),
    }),
  ),
  groups: z.array(
    z.object({
      backbone: z.string(),
      constructor: z.unknown(),
      layer_decay_rate: z.number(),
      base_lr: z.number(),
      with: z.string(),
      backbone_parameters: z.number(),
      groups: z.array(
        z.object({
          lr: z.number(),
          weight_decay: z.number(),
          count: z.number(),
          elements: z.number(),
          first: z.array(z.string()),
          last: z.array(z.string()),
        }),
      ),
    }),
  ),
});

type ScheduleCase = z.infer<typeof scheduleCase>;

/** Whether `json` describes a case of this kind. */
export function isScheduleCase(json: unknown): boolean {
  return scheduleCase.safeParse(json).success;
}

export function runScheduleCase({ json }: Case): Comparison[] {
  const { schedules, groups } = scheduleCase.parse(json);
  return [...schedules.map(compareSchedule), ...groups.flatMap(compareGroups)];
}

function compareSchedule(theirs: ScheduleCase['schedules'][number], i: number): Comparison {
  const rateAt = warmupPoly({
    peak: theirs.base_lr,
    minimum: theirs.min_lr,
    power: theirs.power,
    warmup: theirs.warmup_iters,
    warmupStart: theirs.warmup_ratio,
    total: theirs.max_iters,
  });
  const distances = theirs.lr.map((rate, k) =>
    Math.abs(rateAt(theirs.iterations[k] ?? Number.NaN) / rate - 1),
  );
  return compareNumbers(`schedule ${i} (relative)`, Math.max(...distances), 0, 1e-12);
}

/** Every published group has one of ours with the same rate, decay, count and ends. */
function compareGroups(theirs: ScheduleCase['groups'][number]): Comparison[] {
  return scope(() => {
    const given = theirs.constructor;
    const family = theirs.backbone.toLowerCase();
    const { dropPath: _, ...dense } = denseBackbone({ family, given });
    const [, channels = '8', classes = '150'] =
      /of (\d+) channels and (\d+) classes/.exec(theirs.with) ?? [];
    const head = {
      channels: Number(channels),
      dropout: 0.1,
      norm: 'batch',
      alignCorners: false,
    } as const;
    const options = { ...dense, head, classes: Number(classes) };
    const model = new Segmentor(options, { generator: new Generator(0) });
    const parameters = model.namedParameters();
    const groups = layerDecayGroups(parameters, {
      blocks: blocksOf(model).length,
      layerDecay: theirs.layer_decay_rate,
      weightDecay: 0.05,
      decaysPositions: true,
    });
    const ours = groups.map(({ parameters: own, learningRateScale = 1, weightDecay }) => ({
      names: [...own.keys()],
      rate: theirs.base_lr * learningRateScale,
      weightDecay,
      elements: [...own.values()].reduce((sum, { elements }) => sum + elements, 0),
    }));
    const unmatched = theirs.groups.filter(
      (group) =>
        !ours.some(
          ({ names, rate, weightDecay, elements }) =>
            Math.abs(rate / group.lr - 1) < 1e-12 &&
            weightDecay === group.weight_decay &&
            elements === group.elements &&
            names.length === group.count &&
            [...group.first, ...group.last].every((name) => names.includes(ownName(name))),
        ),
    );
    const size = [...parameters]
      .filter(([name]) => !name.startsWith('decode_head.'))
      .reduce((sum, [, { elements }]) => sum + elements, 0);
    return [
      compareNumbers(`${theirs.backbone}: groups`, ours.length, theirs.groups.length, 0),
      compareNumbers(`${theirs.backbone}: groups that differ`, unmatched.length, 0, 0),
      compareNumbers(`${theirs.backbone}: numbers`, size, theirs.backbone_parameters, 0),
    ];
  });
}
