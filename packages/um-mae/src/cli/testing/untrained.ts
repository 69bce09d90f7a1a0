/** Work on sets of images with networks that nobody has trained, in one process or in several. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Generator, noGrad } from '@um-mae/torch';
import { backbonePresets } from '../../backbones/families.js';
import { Swin } from '../../backbones/swin/swin.js';
import type { PartItem, PartOptions } from '../../data/loading/in-parts.js';
import { embed } from '../../features/embed.js';
import { FrozenBackbone } from '../../features/frozen-backbone.js';
import { type ProbeReport, probe } from '../../features/probe/probe.js';
import { composeFinetuneRecipe } from '../../recipes/finetune/compose-finetune.js';
import { parseAssignment } from '../../recipes/values/assignments.js';
import { type DrawnPrediction, drawnPredictions } from '../../tasks/finetune/drawn-predictions.js';
import { labelledTaskOf } from '../../tasks/labelled-tasks.js';

/** An evaluation of a network of a task. */
export interface UntrainedEvaluation {
  readonly task: string;
  /** The folder of all images, as the task reads it. */
  readonly data: string;
  /** Values of the recipe, as `--set` takes them. */
  readonly values: readonly string[];
}

async function untrained({ task: name, data: folder, values }: UntrainedEvaluation) {
  const assignments = ['from=null', ...values].map(parseAssignment);
  const composed = await composeFinetuneRecipe({
    task: name,
    model: 'swin-micro',
    folder,
    assignments,
  });
  const task = labelledTaskOf(composed);
  const { recipe, evaluated } = await task.open(composed);
  const model = noGrad(() => task.network(recipe, new Generator(1)));
  return { task, recipe, evaluated, model };
}

/** @returns all that an evaluation finds, its picture by a digest; undefined in other processes */
export async function evaluateUntrained(
  evaluation: UntrainedEvaluation,
  parts: PartOptions,
): Promise<object | undefined> {
  const { task, recipe, evaluated, model } = await untrained(evaluation);
  const options = { device: 'cpu', workers: 1, batchSize: 3, team: parts.team };
  const found = await task
    .begin(recipe)
    .evaluate(model, evaluated, { ...options, signal: parts.signal });
  model.dispose();
  if (!found) return undefined;
  const { picture, results, ...plain } = found;
  const png = await picture?.draw();
  const digest = createHash('sha256')
    .update(png ?? '')
    .digest('hex');
  return { ...plain, picture: digest, results: await results?.({ step: 1, epoch: 1 }) };
}

/** @returns the predictions for image files, by the parts of processes; none in other processes */
export async function predictUntrained(
  { files, ...evaluation }: UntrainedEvaluation & { readonly files: readonly string[] },
  { team }: Pick<PartOptions, 'team'>,
): Promise<DrawnPrediction[]> {
  const { task, model, recipe } = await untrained(evaluation);
  model.eval();
  const draws = ['out', 'overlay'] as const;
  const found: PartItem<DrawnPrediction>[] = [];
  const options = { draws, leastScore: 0.001, team };
  for await (const each of drawnPredictions(task, { model, recipe }, files, options))
    found.push(each);
  model.dispose();
  return found.sort((a, b) => a.part - b.part).map(({ item }) => item);
}

/** Features of the images in `data/val`, for the studio, and probes that learn on `data/train`. */
export async function embedUntrained(
  { data, out }: { readonly data: string; readonly out: string },
  { team }: Pick<PartOptions, 'team'>,
): Promise<ProbeReport | undefined> {
  const options = { ...backbonePresets['swin-micro'], channels: 8, heads: [1, 1, 1, 1] };
  const backbone = new Swin(options, { generator: new Generator(1) });
  backbone.eval();
  const image = { height: 32, width: 32 };
  const origin = { image, device: 'cpu', weights: 'untrained', path: 'untrained' };
  using frozen = new FrozenBackbone(backbone, origin);
  const [train, val] = [join(data, 'train'), join(data, 'val')];
  const common = { batchSize: 4, workers: 1, team };
  await embed(frozen, [val], { ...common, out, gallery: true });
  return await probe(frozen, { ...common, train, val, cache: `${out}.cache` });
}
