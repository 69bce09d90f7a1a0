/** Chooses one of several recipes by how fast each is here, and says why. */
import { UmMaeError } from '../../errors.js';
import type { TrainingRecipe } from '../training-recipe.js';
import { timeText } from './time-text.js';

/** A recipe that a budget of time may be spent on. */
export interface Candidate<Recipe extends TrainingRecipe = TrainingRecipe> {
  readonly name: string;
  readonly recipe: Recipe;
  /** Passes over the images, and steps, from which on it is worth its time. */
  readonly leastEpochs: number;
  readonly leastSteps: number;
  readonly because: string;
  /** A reason for which it is out of the question here; undefined where it is not. */
  readonly unfit?: string | undefined;
}

/** A candidate with its speed. */
export interface TimedCandidate<Recipe extends TrainingRecipe = TrainingRecipe>
  extends Candidate<Recipe> {
  /** Null where it is unfit. */
  readonly imagesPerSecond: number | null;
  /** Whether steps were measured; else it follows from the arithmetic of another candidate. */
  readonly isMeasured: boolean;
}

/** A candidate as people are told of it. */
export interface ConsideredCandidate {
  readonly name: string;
  readonly imagesPerSecond: number | null;
  readonly isMeasured: boolean;
  /** Passes over the images within the budget; null where it is unfit. */
  readonly epochs: number | null;
  readonly isChosen: boolean;
  readonly reason: string;
}

/** A value that was chosen, beside the candidate's. */
export interface ChosenValue {
  readonly path: string;
  readonly value: unknown;
  readonly because: string;
}

/** Candidates, the preferred ones first, and the values that all of them have. */
export interface Candidates<Recipe extends TrainingRecipe> {
  readonly candidates: readonly Candidate<Recipe>[];
  readonly values: readonly ChosenValue[];
}

/** The choice that was made for a budget, for people and programs. */
export interface BudgetChoice {
  readonly seconds: number;
  readonly images: number;
  /** The median of the shorter sides of images, in pixels; null where it was not looked at. */
  readonly side: number | null;
  readonly candidates: readonly ConsideredCandidate[];
  /** Steps that are planned, and passes over the images. They may change on the way. */
  readonly steps: number;
  readonly epochs: number;
  readonly values: readonly ChosenValue[];
}

/** Time and images that candidates are judged by. */
export interface BudgetFacts {
  /** The whole budget, and what is left of it for training. */
  readonly seconds: number;
  readonly trainingSeconds: number;
  readonly images: number;
}

/** The candidate that is chosen, and all that were considered. */
export interface CandidateChoice<Recipe extends TrainingRecipe> {
  readonly chosen: TimedCandidate<Recipe> & { readonly imagesPerSecond: number };
  readonly epochs: number;
  readonly considered: readonly ConsideredCandidate[];
}

/**
 * Chooses the first candidate that there is time for, else the last.
 *
 * @param candidates the preferred ones first, at least one of them fit
 * @throws UmMaeError when there is not even time for one pass of the last one over the images
 */
export function chooseCandidate<Recipe extends TrainingRecipe>(
  candidates: readonly TimedCandidate<Recipe>[],
  facts: BudgetFacts,
): CandidateChoice<Recipe> {
  const timed = candidates.flatMap((candidate) => {
    const { imagesPerSecond } = candidate;
    return imagesPerSecond === null ? [] : [{ ...candidate, imagesPerSecond }];
  });
  const epochsOf = (rate: number) => (facts.trainingSeconds * rate) / facts.images;
  const chosen =
    timed.find((candidate) => isWorthIt(candidate, epochsOf(candidate.imagesPerSecond), facts)) ??
    timed.at(-1);
  if (!chosen) throw new UmMaeError('budget', candidates[0]?.unfit ?? 'Expected a recipe.');
  const epochs = epochsOf(chosen.imagesPerSecond);
  if (epochs < 1) throw tooShort(chosen, facts);
  const place = candidates.findIndex(({ name }) => name === chosen.name);
  const considered = candidates.map((candidate, i): ConsideredCandidate => {
    const { name, imagesPerSecond, isMeasured, unfit, because, leastEpochs } = candidate;
    const own = imagesPerSecond === null ? null : epochsOf(imagesPerSecond);
    const isChosen = i === place;
    const needs = describeNeed(candidate);
    const short = own !== null && own < leastEpochs ? `; ${needs} would be better` : '';
    const other = i < place ? needs : 'a larger one fits';
    const reason = unfit ?? (isChosen ? because + short : other);
    return { name, imagesPerSecond, isMeasured, epochs: own, isChosen, reason };
  });
  return { chosen, epochs, considered };
}

function isWorthIt(
  { leastEpochs, leastSteps, recipe }: Candidate,
  epochs: number,
  { images }: Pick<BudgetFacts, 'images'>,
): boolean {
  const steps = (epochs * images) / (recipe.batchSize * recipe.accumulation);
  return epochs >= leastEpochs && steps >= leastSteps;
}

function describeNeed({ leastEpochs, leastSteps }: Candidate): string {
  const steps = leastSteps > 1 ? ` and ${leastSteps.toLocaleString('en')} steps` : '';
  return `needs ${leastEpochs} epochs${steps}`;
}

function tooShort(
  { name, imagesPerSecond }: { readonly name: string; readonly imagesPerSecond: number },
  { seconds, trainingSeconds, images }: BudgetFacts,
): UmMaeError {
  const lost = seconds - trainingSeconds;
  // A tenth more: the next start may be slower.
  const exact = 1.1 * (lost + images / imagesPerSecond);
  const least = timeText(exact < 600 ? exact : 60 * Math.ceil(exact / 60));
  const rate = Number(imagesPerSecond.toPrecision(2)).toLocaleString('en');
  return new UmMaeError(
    'budget',
    `Expected time for one pass over ${images.toLocaleString('en')} images at least but got a budget of ${timeText(seconds)}: ${name} sees ${rate} of them a second here.\n` +
      `Try --budget ${least}, fewer images, or a smaller --model or --image-size where you have named one.`,
  );
}
