import { warmupCosine, warmupPoly } from '@um-mae/torch/optim';
import type { Plan } from '../recipes/plan.js';

/** The learning rate of a run at a point in training, counted in epochs. */
export function scheduleOf(plan: Plan): (epoch: number) => number {
  const { peakLearningRate: peak, stepsPerEpoch, recipe } = plan;
  const times = { warmup: plan.warmupSteps / stepsPerEpoch, total: plan.steps / stepsPerEpoch };
  const range = { peak, minimum: recipe.minimumLearningRate };
  const { schedule } = recipe;
  if (!schedule) return warmupCosine({ ...range, ...times });
  const { power, warmupStart } = schedule;
  return warmupPoly({ ...range, ...times, power, warmupStart });
}
