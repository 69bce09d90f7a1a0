/** A process of a `Crew`: it joins groups, and trains or opens images as it is told. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { noGrad, scope, type Tensor } from '@um-mae/torch';
import { Group, LostGroupError } from '@um-mae/torch/distributed';
import { openImages } from '../../../data/sources/open-images.js';
import type { ProbeReport } from '../../../features/probe/probe.js';
import { normaliseLevels } from '../../../images/normalise.js';
import type { Objective } from '../../../objectives/objective.js';
import { type AnyLabelledRecipe, isLabelled } from '../../../recipes/kind.js';
import type { PretrainRecipe } from '../../../recipes/pretrain/pretrain-recipe.js';
import type { DrawnPrediction } from '../../../tasks/finetune/drawn-predictions.js';
import { finetuneEvents } from '../../../tasks/finetune/finetune-events.js';
import { pretrainEvents, trainingLoader } from '../../../tasks/pretrain/pretrain-events.js';
import { type PretrainInputs, PretrainTask } from '../../../tasks/pretrain/pretrain-task.js';
import type { RunMode } from '../../../training/run-files/open-run-directory.js';
import { Trainer } from '../../../training/steps/trainer.js';
import type { Loss } from '../../../training/task.js';
import { agree } from '../../../training/team/agreement.js';
import { Team, type TeamFailure } from '../../../training/team/team.js';
import { takeDevice } from '../../../training/team/team-devices.js';
import { causeOf } from '../../../training/team/team-failure.js';
import {
  embedUntrained,
  evaluateUntrained,
  predictUntrained,
  type UntrainedEvaluation,
} from '../untrained.js';

/** A network that computes in f64. */
class ExactTask extends PretrainTask {
  override build(...args: Parameters<PretrainTask['build']>): Objective {
    return super.build(...args).to('f64');
  }

  override loss(model: Objective, { levels, ...mask }: PretrainInputs): Loss {
    return { total: model.forward(normaliseLevels(levels).to('f64'), mask), parts: {} };
  }
}

/** The gradients of a step. */
export interface Gradients {
  /** The images of the step that this process has trained on, in their order. */
  readonly images: readonly number[];
  /** All gradients, by the name of the parameter. */
  readonly gradients: ReadonlyMap<string, Float64Array>;
}

/** The processes that work together now; undefined where this one is alone. */
let team: Team | undefined;

const calls = {
  async join(options: {
    rank: number;
    size: number;
    port: number;
    patienceMs: number;
  }): Promise<void> {
    const { patienceMs, ...own } = options;
    const place = { ...own, host: '127.0.0.1', timeoutMs: patienceMs, joinTimeoutMs: 60_000 };
    const onPort = (found: number) => process.send?.({ port: found });
    if (own.size > 1) team = new Team(await Group.join({ ...place, onPort }), patienceMs);
  },

  /** Waits for the others. @returns the reason why they do not come */
  async miss(): Promise<TeamFailure | undefined> {
    try {
      await team?.group.barrier();
      return undefined;
    } catch (error) {
      assert(team && error instanceof LostGroupError);
      return causeOf(team, error);
    }
  },

  async leave(): Promise<void> {
    await team?.group.close();
    team = undefined;
  },

  /** Takes steps in f64, with the gradients of the last one. */
  async gradients(options: { recipe: PretrainRecipe; steps: number }): Promise<Gradients> {
    const { recipe, steps } = options;
    const { images } = await openImages(recipe.data.paths, { team });
    const trainer = new Trainer(new ExactTask(recipe), 'cpu', { team });
    trainer.agreeOnGradients();
    const loader = trainingLoader(recipe, images, { workers: 1, team });
    const batches = loader.epoch(0);
    try {
      for (let step = 1; ; step++) {
        trainer.discard();
        const found = await accumulate(trainer, batches, recipe.accumulation);
        if (step === steps) return { images: found, gradients: gradientsOf(trainer.model) };
        trainer.update(1e-3);
        trainer.average(step);
      }
    } finally {
      await batches.return();
      await loader.close();
    }
  },

  /** Trains, to the end or until a step. @returns the number of events */
  async run(options: {
    recipe: PretrainRecipe | AnyLabelledRecipe;
    directory: string;
    mode: RunMode;
    until?: number;
  }): Promise<number> {
    const { until, recipe, ...own } = options;
    const controller = new AbortController();
    const { signal } = controller;
    const residentBytes = () => process.memoryUsage.rss();
    const common = { device: 'cpu', workers: 1, environment: {}, residentBytes, signal, team };
    const run = { ...own, ...common };
    let events = 0;
    for await (const event of isLabelled(recipe)
      ? finetuneEvents({ ...run, recipe })
      : pretrainEvents({ ...run, recipe })) {
      events++;
      if (event.kind === 'step' && event.metrics.step === until) controller.abort();
    }
    return events;
  },

  /** Opens images from a folder that may be this process's own. */
  async open({ folder }: { folder: string }): Promise<{ count: number; digest: string }> {
    const { images } = await openImages([folder], { team });
    return { count: images.count, digest: images.digest };
  },

  /** Opens images, and compares them with those of the others. */
  async agree({ recipe }: { recipe: PretrainRecipe }): Promise<void> {
    const { images } = await openImages(recipe.data.paths, { team });
    const { count, digest } = images;
    if (team) await agree(team, { recipe, images: { count, digest } });
  },

  /** Takes a device for training, as all do. */
  async takeDevice({ device }: { device: string }): Promise<string | undefined> {
    return team && (await takeDevice(team, device)).device;
  },

  /** Evaluates, in the process that leads. @param options.stops whether this one wants to end */
  async evaluate(options: UntrainedEvaluation & { stops: boolean }): Promise<object | undefined> {
    const signal = options.stops ? AbortSignal.abort() : undefined;
    return evaluateUntrained(options, { team, signal });
  },

  /** Predicts what image files show, in the process that leads. */
  async predict(
    options: UntrainedEvaluation & { files: readonly string[] },
  ): Promise<DrawnPrediction[]> {
    return predictUntrained(options, { team });
  },

  /** Writes features into a file, and probes them. */
  async embed(options: { data: string; out: string }): Promise<ProbeReport | undefined> {
    return embedUntrained(options, { team });
  },
};

export type Calls = typeof calls;

async function accumulate(
  trainer: Trainer<Objective>,
  batches: ReturnType<ReturnType<typeof trainingLoader>['epoch']>,
  accumulation: number,
): Promise<number[]> {
  const images: number[] = [];
  for (let batch = 1; batch <= accumulation; batch++) {
    const { value } = await batches.next();
    assert(value, 'an epoch has fewer batches than steps');
    const shared = await team?.meet(value, { stops: false });
    const isLast = batch === accumulation;
    images.push(...value.indices);
    // As in the training loop: there may be no image at all.
    if ((shared?.rows.of ?? value.indices.length) > 0)
      trainer.accumulate(value, shared && { rows: shared.rows, isLast });
    else if (isLast) trainer.exchangeGradients();
  }
  return images;
}

function gradientsOf(model: Objective): Map<string, Float64Array> {
  const parameters = [...model.namedParameters()];
  return noGrad(() =>
    scope(
      () =>
        new Map(
          parameters.map(([name, { grad }]) => [
            name,
            (grad as Tensor).contiguous().toArray() as Float64Array,
          ]),
        ),
    ),
  );
}

/** A call by its name, with its argument. */
export interface Call {
  readonly name: keyof Calls;
  readonly options: object;
}

process.chdir(tmpdir());
process.on('message', async ({ name, options }: Call) => {
  try {
    const call = calls[name] as (options: object) => Promise<unknown>;
    process.send?.({ result: await call(options) });
  } catch (error) {
    const { name: kind, message } = error as Error;
    process.send?.({ error: `${kind}: ${message}` });
  }
});
