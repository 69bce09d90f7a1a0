import { warmupCosine, warmupPoly } from '@um-mae/torch/optim';
import type { Plan } from '../recipes/plan.js';
import type { TrainingRecipe } from '../recipes/training-recipe.js';

/** The learning rate of a run at a point in training, counted in epochs. */
export function scheduleOf(plan: Plan): (epoch: number) => number {
  const { peakLearningRate: peak, stepsPerEpoch, recipe } = plan;
  const times = { warmup: plan.warmupSteps / stepsPerEpoch, total: plan.steps / stepsPerEpoch };
  const range = { peak, minimum: recipe.minimumLearningRate };
  const { schedule } = recipe;
  if (!schedule) return warmupCosine({ ...range, ...times });
  if (schedule.kind !== 'poly') return epochRates(plan, schedule);
  const { power, warmupStart } = schedule;
  return warmupPoly({ ...range, ...times, power, warmupStart });
}

type EpochSchedule = Exclude<NonNullable<TrainingRecipe['schedule']>, { readonly kind: 'poly' }>;

/** Rates that change between epochs, with a warm-up that multiplies them at first. */
function epochRates(plan: Plan, schedule: EpochSchedule): (epoch: number) => number {
  const { peakLearningRate: peak, stepsPerEpoch, steps, warmupSteps, recipe } = plan;
  const epochs = steps / stepsPerEpoch;
  const { minimumLearningRate: minimum } = recipe;
  const rateOf = (epoch: number) => {
    if (schedule.kind === 'epoch-steps') {
      const passed = schedule.milestones.filter((milestone) => epoch >= milestone).length;
      return peak * schedule.factor ** passed;
    }
    return minimum + ((peak - minimum) * (1 + Math.cos((Math.PI * epoch) / epochs))) / 2;
  };
  return (epoch) => {
    const rate = rateOf(Math.floor(epoch));
    const left = 1 - Math.round(epoch * stepsPerEpoch) / warmupSteps;
    return left > 0 ? rate * (1 - left * (1 - schedule.warmupStart)) : rate;
  };
}
