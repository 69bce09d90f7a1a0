import { warmupCosine, warmupPoly } from '@um-mae/torch/optim';
import { shareOfSchedule } from '../../recipes/budget/fields.js';
import type { Plan, Stretch } from '../../recipes/schedule/plan.js';
import type { TrainingRecipe } from '../../recipes/training-recipe.js';

type Rates = (epoch: number) => number;

/**
 * The learning rate of a run at a point in training, counted in epochs. A run that was extended has
 * a schedule for each stretch, whose epochs count from its start.
 */
export function scheduleOf({ stretches, stepsPerEpoch }: Plan): Rates {
  const [first, ...others] = stretches;
  const begin = ratesOf(first, stepsPerEpoch);
  const later = others.map((stretch) => ({
    from: stretch.start.epoch,
    rates: ratesOf(stretch, stepsPerEpoch),
  }));
  return (epoch) => {
    const stretch = later.findLast(({ from }) => epoch >= from);
    return stretch ? stretch.rates(epoch - stretch.from) : begin(epoch);
  };
}

/** The rates of a stretch, whose schedule is stretched or shrunk where its length was changed. */
function ratesOf(stretch: Stretch, stepsPerEpoch: number): Rates {
  const { revisions, plannedSteps, steps, start } = stretch;
  const rates = plannedRates({ ...stretch, steps: plannedSteps }, stepsPerEpoch);
  if (revisions.length === 0) return rates;
  const own = revisions.map((each) => ({
    step: each.step - start.step,
    steps: each.steps - start.step,
  }));
  return (epoch) => {
    const share = shareOfSchedule({ steps, revisions: own }, epoch * stepsPerEpoch);
    return rates((share * plannedSteps) / stepsPerEpoch);
  };
}

function plannedRates(stretch: Stretch, stepsPerEpoch: number): Rates {
  const { peakLearningRate: peak, minimumLearningRate: minimum, schedule } = stretch;
  const times = {
    warmup: stretch.warmupSteps / stepsPerEpoch,
    total: stretch.steps / stepsPerEpoch,
  };
  const range = { peak, minimum };
  if (!schedule) return warmupCosine({ ...range, ...times });
  if (schedule.kind !== 'poly') return epochRates(stretch, schedule, stepsPerEpoch);
  const { power, warmupStart } = schedule;
  return warmupPoly({ ...range, ...times, power, warmupStart });
}

type EpochSchedule = Exclude<NonNullable<TrainingRecipe['schedule']>, { readonly kind: 'poly' }>;

/** Rates that change between epochs, with a warm-up that multiplies them at first. */
function epochRates(
  { peakLearningRate: peak, minimumLearningRate: minimum, steps, warmupSteps }: Stretch,
  schedule: EpochSchedule,
  stepsPerEpoch: number,
): Rates {
  const epochs = steps / stepsPerEpoch;
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
