/**
 * Whole and sliding-window inference, mirrored and of several scales, against the published one.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cat, type Tensor } from '@um-mae/torch';
import { z } from 'zod';
import { at } from '../../at.js';
import type { Segmentor } from '../../heads/segmentation/segmentor.js';
import {
  type Mirrored,
  probabilityStrips,
} from '../../tasks/segmentation/inference/likeliest-classes.js';
import {
  WindowedLogits,
  type Windows,
} from '../../tasks/segmentation/inference/windowed-logits.js';
import { type Comparison, compareNumbers, compareTensors } from '../comparison.js';
import { type Case, readTensors, required } from '../fixture.js';
import { readOwn } from './networks/dense-values.js';
import { auxiliaryArguments, decodeArguments } from './networks/head-case.js';
import { segmentorOf } from './networks/model-case.js';

const size = z.tuple([z.number(), z.number()]);

const job = z.object({
  job: z.string(),
  mode: z.enum(['slide', 'whole']),
  crop: size.optional(),
  stride: size.optional(),
  sizes: z.array(size),
  ori: size,
  flips: z.array(z.array(z.enum(['horizontal', 'vertical']).nullable())),
  tensors: z.record(z.string(), z.object({ recommended_atol: z.number().optional() })),
});

const predictCase = z.object({ weights: z.string(), jobs: z.array(job) });

const modelFile = z.object({
  constructor: z.object({
    backbone: z.unknown(),
    decode_head: decodeArguments,
    auxiliary_head: auxiliaryArguments,
  }),
  backbone: z.object({ family: z.string(), projection: z.string() }),
});

type Job = z.infer<typeof job>;

/** Whether `json` describes a case of this kind. */
export function isPredictCase(json: unknown): boolean {
  return predictCase.safeParse(json).success;
}

export function runPredictCase(fixture: Case): Comparison[] {
  const { weights, jobs } = predictCase.parse(fixture.json);
  const model = modelOf(fixture, weights);
  const inputs = readTensors(fixture, 'inputs.safetensors');
  const expected = readTensors(fixture, 'expected.safetensors');
  return jobs.flatMap((job) => runJob(model, job, { inputs, expected }));
}

/** The network of another case, with its first weights. */
function modelOf(fixture: Case, weights: string): Segmentor {
  const [file = ''] = weights.split(' ');
  const folder = join(fixture.folder, file, '..');
  const described = modelFile.parse(JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')));
  const { model } = segmentorOf(described.constructor, described.backbone);
  model.to(fixture.device).eval();
  model.loadState(readOwn({ ...fixture, folder }, 'weights.safetensors'));
  return model;
}

interface Tensors {
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly expected: ReadonlyMap<string, Tensor>;
}

function runJob(model: Segmentor, job: Job, { inputs, expected }: Tensors): Comparison[] {
  const windows: Windows =
    job.mode === 'whole'
      ? { kind: 'whole' }
      : { kind: 'slide', crop: sizeOf(job.crop), stride: sizeOf(job.stride) };
  const passes = job.flips.flatMap((variants, i) => {
    const image = required(inputs, `${job.job}.image.${i}`).to('f32');
    return variants.map((mirrored) => ({
      mirrored,
      logits: new WindowedLogits(model, mirror(image, mirrored), windows),
    }));
  });
  const { classes, head } = model.options;
  const { alignCorners } = head;
  const strips = [...probabilityStrips(passes, sizeOf(job.ori), { classes, alignCorners })];
  const probabilities = cat(
    strips.map((strip) => strip.probabilities),
    { dim: 1 },
  );
  const [{ logits }] = [at(passes, 0)];
  const values: Record<string, Tensor> = { logits: logits.rows(0, logits.height), probabilities };
  const wrong = probabilities
    .argmax({ dim: 0 })
    .ne(required(expected, `${job.job}.prediction`).to('i64'))
    .logicalAnd(required(expected, `${job.job}.sure`));
  return [
    ...Object.entries(values).flatMap(([kind, ours]) => {
      const name = `${job.job}.${kind}`;
      const theirs = expected.get(name);
      const tolerance = job.tensors[name]?.recommended_atol ?? 0;
      return theirs ? [compareTensors(name, ours, theirs, tolerance)] : [];
    }),
    compareNumbers(`${job.job} classes that differ`, wrong.to('f32').sum().number(), 0, 0),
  ];
}

function mirror(image: Tensor, mirrored: Mirrored): Tensor {
  if (mirrored === null) return image;
  return image.flip([mirrored === 'horizontal' ? 3 : 2]);
}

function sizeOf([height, width]: z.infer<typeof size> = [0, 0]) {
  return { height, width };
}
