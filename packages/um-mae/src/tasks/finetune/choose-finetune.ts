/** Chooses the recipe of a fine-tuning run that has a budget of time. */
import type { KnownImages } from '../../data/known-images.js';
import { RecipeError } from '../../errors.js';
import { checkImageCount } from '../../recipes/budget/check-budget.js';
import {
  type BudgetChoice,
  type ChosenValue,
  chooseCandidate,
} from '../../recipes/budget/choose.js';
import { evaluationValue, finetuneCandidates } from '../../recipes/budget/finetune-candidates.js';
import { plannedLength } from '../../recipes/budget/planned-length.js';
import { evaluationRule } from '../../recipes/budget/rules.js';
import {
  composeFinetuneRecipe,
  type FinetuneRequest,
} from '../../recipes/finetune/compose-finetune.js';
import type { AnyLabelledRecipe } from '../../recipes/kind.js';
import { assign, isAssigned } from '../../recipes/values/assignments.js';
import { recipeDifferences } from '../../recipes/values/differences.js';
import { measureSpeed } from '../../training/budget/measure-speed.js';
import { timeCandidates } from '../../training/budget/time-candidates.js';
import { withPrecisionOn } from '../../training/steps/precision.js';
import { Trainer } from '../../training/steps/trainer.js';
import type { TrainedModel } from '../../training/task.js';
import type { LabelledData, StartedTask } from '../labelled-task.js';
import { labelledTaskOf } from '../labelled-tasks.js';
import type { FinetuneRun } from './finetune-events.js';

type OpenedData = LabelledData<AnyLabelledRecipe, unknown>;

/** The recipe that was chosen, why, and the time of an evaluation. */
export interface ChosenFinetuning {
  readonly recipe: AnyLabelledRecipe;
  readonly choice: BudgetChoice;
  readonly lookSeconds: number;
}

/** The settings of the run that is to begin. */
export type ChoosingSettings = Omit<FinetuneRun, 'recipe' | 'weights'> & {
  /** The time that the run has in all, in seconds. */
  readonly budget: number;
  readonly startMs: number;
};

/**
 * Measures the machine and chooses. All of several processes call it together, and get the choice of
 * the first one.
 *
 * @throws DataError or UmMaeError when there are too few images, or too little time for them
 * @throws RecipeError when the learning rate of the recipe falls after certain epochs
 */
export async function chooseFinetuning(
  request: FinetuneRequest,
  settings: ChoosingSettings,
): Promise<ChosenFinetuning> {
  const { team, budget: seconds } = settings;
  const usual = await composeFinetuneRecipe(request);
  if ('schedule' in usual && usual.schedule?.kind === 'epoch-steps') throw fallsAfterEpochs();
  const labelled = labelledTaskOf(usual);
  const data = await labelled.open(labelled.kind.withAbsolutePaths(usual));
  const { count: images } = data.train.images;
  checkImageCount(images);
  const { candidates, values } = await finetuneCandidates(request, images);
  const withRecipe = (recipe: AnyLabelledRecipe): OpenedData => ({
    ...data,
    recipe: withPrecisionOn(settings.device, sameData(data.recipe, usual, recipe)),
  });
  const timed = await timeCandidates(candidates, {
    seconds,
    images,
    // The network is the same in all.
    work: () => 1,
    measure: (recipe, seconds) => measure(withRecipe(recipe), { ...settings, seconds }),
  });
  const lookSeconds = await measureLook(withRecipe(usual), settings);
  const elapsed = (performance.now() - settings.startMs) / 1000;
  const looksShare = Math.min(1, lookSeconds / (evaluationRule.share * seconds));
  const trainingSeconds = seconds * (1 - evaluationRule.share * looksShare) - elapsed - lookSeconds;
  const facts = { seconds, trainingSeconds: Math.max(0, trainingSeconds), images };
  const { chosen, epochs, considered } = chooseCandidate(timed, facts);
  const evaluation = evaluationValue({ epochs, seconds, lookSeconds });
  const looks: ChosenValue[] = isAssigned(request.assignments, 'evaluateEvery') ? [] : [evaluation];
  const length = plannedLength(chosen.recipe, { epochs, images });
  const recipe = labelled.kind.parse({
    ...assign(chosen.recipe, [...looks, length]),
    budget: { seconds },
    revisions: undefined,
  });
  const choice = {
    seconds,
    images,
    side: null,
    candidates: considered,
    steps: length.value,
    epochs,
    values: [...values, ...looks],
  };
  const own = { recipe, choice, lookSeconds };
  const [first = own] = team ? await team.gather([own]) : [];
  return first;
}

/** The values of a candidate, on the data as they have been opened. */
function sameData(
  opened: AnyLabelledRecipe,
  usual: AnyLabelledRecipe,
  candidate: AnyLabelledRecipe,
): AnyLabelledRecipe {
  const changes = recipeDifferences(usual, candidate);
  const assignments = changes.map(({ path, right }) => ({ path, value: right }));
  return labelledTaskOf(opened).kind.parse(assign(opened, assignments));
}

/** A trainer of the task from scratch: weights do not change its speed. */
function trainerOf({ recipe }: OpenedData, device: string) {
  const task: StartedTask<TrainedModel, unknown> = labelledTaskOf(recipe).begin(recipe);
  return { task, trainer: new Trainer(task, device) };
}

async function measure(
  data: OpenedData,
  { device, workers, team, seconds }: ChoosingSettings & { readonly seconds: number },
): Promise<number> {
  const { trainer } = trainerOf(data, device);
  const loader = labelledTaskOf(data.recipe).load(data, { workers, share: team?.share });
  try {
    return await measureSpeed(trainer, loader, { seconds, team });
  } finally {
    await loader.close();
    trainer.dispose();
  }
}

/** Seconds that an evaluation of the network takes, by two small parts of its images. */
async function measureLook(
  data: OpenedData,
  { device, workers, team, signal }: ChoosingSettings,
): Promise<number> {
  const { task, trainer } = trainerOf(data, device);
  const { batchSize } = data.recipe;
  const { count } = data.evaluated.images;
  const time = async (images: number) => {
    const startMs = performance.now();
    const part: KnownImages = {
      ...data.evaluated,
      images: { ...data.evaluated.images, count: images },
    };
    await task.evaluate(trainer.shown, part, { device, workers, batchSize, signal });
    return (performance.now() - startMs) / 1000;
  };
  const few = Math.min(count, Math.ceil(batchSize / 4));
  const more = Math.min(count, batchSize);
  const first = await time(few);
  const second = more > few ? await time(more) : first;
  trainer.dispose();
  const perImage = more > few ? Math.max(0, second - first) / (more - few) : 0;
  return second + ((count - more) * perImage) / (team?.size ?? 1);
}

function fallsAfterEpochs(): RecipeError {
  const message =
    'Expected a recipe whose learning rate falls evenly for --budget but got one that names epochs by `schedule.milestones`; give its length by --epochs.';
  return new RecipeError([{ path: 'schedule', message }]);
}
