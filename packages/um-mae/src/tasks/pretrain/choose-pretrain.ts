/** Chooses the recipe of a pre-training run that has a budget of time. */
import { medianSide } from '../../data/sources/median-side.js';
import { type OpenedImages, openImages } from '../../data/sources/open-images.js';
import { trainingFlops } from '../../objectives/arithmetic.js';
import { checkImageCount } from '../../recipes/budget/check-budget.js';
import { type BudgetChoice, chooseCandidate } from '../../recipes/budget/choose.js';
import { plannedLength } from '../../recipes/budget/planned-length.js';
import { pretrainCandidates, secondaryValue } from '../../recipes/budget/pretrain-candidates.js';
import { composeRecipe, type RecipeRequest } from '../../recipes/compose.js';
import { parsePretrainRecipe } from '../../recipes/parse.js';
import type { PretrainRecipe } from '../../recipes/pretrain/pretrain-recipe.js';
import { assign } from '../../recipes/values/assignments.js';
import { measureSpeed } from '../../training/budget/measure-speed.js';
import { timeCandidates } from '../../training/budget/time-candidates.js';
import { withPrecisionOn } from '../../training/steps/precision.js';
import { Trainer } from '../../training/steps/trainer.js';
import { SheetImages } from './pictures/sheet-images.js';
import { type PretrainRun, trainingLoader } from './pretrain-events.js';
import { PretrainTask } from './pretrain-task.js';

/** The recipe that was chosen, why, and the images that were opened for it. */
export interface ChosenPretraining {
  readonly recipe: PretrainRecipe;
  readonly choice: BudgetChoice;
  readonly opened: OpenedImages;
  /** Seconds of a sheet and a checkpoint. */
  readonly lookSeconds: number;
}

/** The settings of the run that is to begin. */
export type ChoosingSettings = Omit<PretrainRun, 'recipe'> & {
  /** The time that the run has in all, in seconds. */
  readonly budget: number;
  readonly startMs: number;
};

/** Parameters, with their moments, that are written in a second. */
const checkpointRate = 2e7;

/**
 * Measures the machine, looks at the images, and chooses. All of several processes call it together,
 * and get the choice of the first one.
 *
 * @throws DataError or UmMaeError when there are too few images, or too little time for them
 */
export async function choosePretraining(
  request: RecipeRequest,
  settings: ChoosingSettings,
): Promise<ChosenPretraining> {
  const { team, budget: seconds } = settings;
  const { paths, ...reading } = (await composeRecipe(request)).data;
  const opened = await openImages(paths, { ...reading, team });
  const { count: images } = opened.images;
  checkImageCount(images);
  const side = await medianSide(opened.images);
  const { candidates, values } = await pretrainCandidates(request, { images, side });
  const timed = await timeCandidates(candidates, {
    seconds,
    images,
    work: trainingFlops,
    measure: (recipe, seconds) => measure(recipe, { ...settings, opened, seconds }),
  });
  const elapsed = (performance.now() - settings.startMs) / 1000;
  const trainingSeconds = Math.max(0, seconds - elapsed);
  const { chosen, epochs, considered } = chooseCandidate(timed, {
    seconds,
    trainingSeconds,
    images,
  });
  const lookSeconds = await measureLook(chosen.recipe, { ...settings, opened });
  const epochSeconds = images / chosen.imagesPerSecond;
  const passes = (epochs * epochSeconds) / (epochSeconds + lookSeconds);
  const length = plannedLength(chosen.recipe, { epochs: passes, images });
  const hidden = await secondaryValue(request, chosen.recipe, passes);
  const recipe = parsePretrainRecipe({
    ...assign(chosen.recipe, [...hidden, length]),
    budget: { seconds },
    revisions: undefined,
  });
  const choice = {
    seconds,
    images,
    side,
    candidates: considered,
    steps: length.value,
    epochs: passes,
    values: [...values, ...hidden],
  };
  const [first = { recipe, choice }] = team ? await team.gather([{ recipe, choice }]) : [];
  return { ...first, opened, lookSeconds };
}

async function measure(
  recipe: PretrainRecipe,
  settings: ChoosingSettings & { readonly opened: OpenedImages; readonly seconds: number },
): Promise<number> {
  const { device, workers, team, objective, backbone, opened, seconds } = settings;
  const decided = withPrecisionOn(device, recipe);
  const trainer = new Trainer(new PretrainTask(decided, { objective, backbone }), device);
  const loader = trainingLoader(decided, opened.images, { workers, team });
  try {
    return await measureSpeed(trainer, loader, { seconds, team });
  } finally {
    await loader.close();
    trainer.dispose();
  }
}

/** Seconds of a sheet, and of a checkpoint by its size. */
async function measureLook(
  recipe: PretrainRecipe,
  settings: ChoosingSettings & Pick<ChosenPretraining, 'opened'>,
): Promise<number> {
  const { device, objective, backbone, opened } = settings;
  const task = new PretrainTask(withPrecisionOn(device, recipe), { objective, backbone });
  const trainer = new Trainer(task, device);
  const sheet = await SheetImages.choose(opened.images, recipe);
  // Fonts are read for the first one.
  await sheet.render(trainer.shown, '');
  const startMs = performance.now();
  await sheet.render(trainer.shown, '');
  const seconds = (performance.now() - startMs) / 1000;
  trainer.dispose();
  return seconds + trainer.size / checkpointRate;
}
