import { describe, expect, test } from 'vitest';
import { RecipeError } from '../../errors.js';
import { scheduleOf } from '../../training/steps/schedule.js';
import { parsePretrainRecipe } from '../parse.js';
import { swinMicro } from '../pretrain/folder.js';
import { modelRecipe } from '../pretrain/named.js';
import { resolve, revise } from '../schedule/plan.js';
import { assign, parseAssignment } from '../values/assignments.js';
import { checkBudget } from './check-budget.js';
import { type Candidate, chooseCandidate, type TimedCandidate } from './choose.js';
import { revisedAt, shareOfSchedule } from './fields.js';
import { evaluationValue, finetuneCandidates } from './finetune-candidates.js';
import { plannedLength } from './planned-length.js';
import { pretrainCandidates, secondaryValue } from './pretrain-candidates.js';
import { resumedRecipe } from './resumed.js';
import { secondsOf, timeText } from './time-text.js';

test('times are read as they are written', () => {
  expect(['90s', '30m', '2h', '1h30m', '1h30s'].map(secondsOf)).toEqual([
    90, 1800, 7200, 5400, 3630,
  ]);
  for (const text of ['', '0m', '30', '-5m', '1e9h', 'soon', '1.5h', '30m1h', '9000h'])
    expect(secondsOf(text), text).toBeUndefined();
  for (const seconds of [1, 59, 60, 3599, 3600, 5431]) {
    expect(secondsOf(timeText(seconds))).toBe(seconds);
  }
});

describe('a length that is revised', () => {
  const recipe = parsePretrainRecipe({ ...swinMicro, duration: { steps: 100 }, batchSize: 10 });
  const images = 73;
  const plan = resolve(recipe, { images });
  const shorter = revise(plan, { step: 30, steps: 60, images });
  const longer = revise(shorter, { step: 45, steps: 200, images });

  test('stretches what is left of the schedule, without a leap, to its end', () => {
    expect(longer).toMatchObject({ steps: 200, warmupSteps: plan.warmupSteps });
    expect(longer.recipe).toMatchObject({
      duration: { steps: 200 },
      revisions: [
        { step: 30, steps: 100 },
        { step: 45, steps: 60 },
      ],
    });
    const shares = [0, 30, 45, 200].map((step) =>
      shareOfSchedule({ ...longer.recipe, steps: 200 }, step),
    );
    for (const [i, share] of [0, 0.3, 0.65, 1].entries()) expect(shares[i]).toBeCloseTo(share, 12);
    const end = scheduleOf(longer)(200 / longer.stepsPerEpoch);
    expect(end).toBeCloseTo(recipe.minimumLearningRate, 12);
  });

  test('gives the same rates when the recipe is repeated, and as it was until a revision', () => {
    const again = scheduleOf(resolve(longer.recipe, { images }));
    const parts = [
      [0, 30, plan],
      [30, 45, shorter],
      [45, 200, longer],
    ] as const;
    for (const [from, to, own] of parts) {
      const rates = scheduleOf(own);
      for (let step = from; step < to; step++) {
        const epoch = step / plan.stepsPerEpoch;
        expect(again(epoch)).toBe(rates(epoch));
      }
    }
  });

  test('forgets what was planned after the step at which a run goes on', () => {
    const { revisions } = longer.recipe;
    expect(revisedAt({ steps: 200, revisions }, 40)).toEqual([
      { step: 30, steps: 100 },
      { step: 40, steps: 60 },
    ]);
  });
});

/** The candidates for images, with values that a user sets. */
async function candidatesFor(
  facts: { readonly images: number; readonly side: number },
  { model, set = [], recipe }: { model?: string; set?: string[]; recipe?: object } = {},
) {
  const assignments = set.map(parseAssignment);
  return pretrainCandidates({ model, recipe, assignments, fallback: {} }, facts);
}

describe('the candidates of pre-training', () => {
  const fit = (candidates: readonly Candidate[]) =>
    candidates.filter(({ unfit }) => unfit === undefined).map(({ name }) => name);

  test('suit the images, the largest first', async () => {
    const photos = await candidatesFor({ images: 5000, side: 480 });
    expect(fit(photos.candidates)).toEqual([
      'swin-tiny, 256 px, patches of 4',
      'swin-tiny, 192 px, patches of 4',
      'swin-micro, 192 px, patches of 4',
      'swin-micro, 128 px, patches of 4',
      'swin-micro, 64 px, patches of 2',
    ]);
    expect(photos.values).toMatchObject([
      { path: 'batchSize', value: 64 },
      { path: 'warmup', value: { share: 0.05 } },
    ]);
    for (const side of [32, 96]) {
      const { candidates } = await candidatesFor({ images: 5000, side });
      expect(fit(candidates)).toEqual(['swin-micro, 64 px, patches of 2']);
    }
    const few = await candidatesFor({ images: 11, side: 480 });
    expect(few.values).toMatchObject([{ path: 'batchSize', value: 8 }, {}]);
  });

  test('keep what a user has set', async () => {
    const facts = { images: 5000, side: 480 };
    const sized = await candidatesFor(facts, { set: ['image={height: 64, width: 64}'] });
    expect(fit(sized.candidates)).toEqual(['swin-micro, 64 px, patches of 2']);
    const other = await candidatesFor(facts, { model: 'pvt-micro', set: ['batchSize=16'] });
    expect(other.candidates).toMatchObject([
      {
        name: 'pvt-micro, 64 px, patches of 2',
        recipe: { batchSize: 16, backbone: { kind: 'pvt' } },
      },
    ]);
    const thin = await candidatesFor(facts, { set: ['backbone.channels=24', 'warmup.steps=9'] });
    expect(thin.candidates).toHaveLength(5);
    for (const { recipe } of thin.candidates)
      expect(recipe).toMatchObject({ backbone: { channels: 24 }, warmup: { steps: 9 } });
    const written = await candidatesFor(facts, { recipe: { ...swinMicro, batchSize: 8 } });
    expect(written.candidates).toMatchObject([{ recipe: { batchSize: 8, image: { height: 64 } } }]);
  });

  test('hide units in long runs only, unless the user says how many', async () => {
    const recipe = parsePretrainRecipe(swinMicro);
    const hidden = (epochs: number, ...set: readonly string[]) =>
      secondaryValue({ assignments: set.map(parseAssignment) }, recipe, epochs);
    expect(await hidden(40)).toMatchObject([{ path: 'masking.secondaryRatio', value: 0 }]);
    expect(await hidden(400)).toMatchObject([{ value: 0.25 }]);
    expect(await hidden(40, 'masking.secondaryRatio=0.1')).toEqual([]);
  });
});

describe('the candidates of fine-tuning', () => {
  const weights = { backbone: modelRecipe('swin-micro').backbone, open: [] };
  const assignments = ['from=runs/pre', 'data={train: a, val: b}'].map(parseAssignment);

  test('are the recipes for small data, or the one that is named', async () => {
    const open = await finetuneCandidates({ weights, assignments }, 800);
    expect(open.candidates).toMatchObject([
      { name: 'small-data-long', recipe: { mixing: { mixup: 0.8 }, batchSize: 64 } },
      { name: 'small-data', recipe: { mixing: { mixup: 0 }, batchSize: 64 } },
    ]);
    const named = { weights, assignments, recipe: 'small-data-long' };
    expect((await finetuneCandidates(named, 800)).candidates).toHaveLength(1);
    const masks = { weights, assignments, task: 'segmentation' };
    expect((await finetuneCandidates(masks, 800)).values).toEqual([]);
  });

  test('are evaluated as often as a tenth of the time allows', () => {
    const every = (lookSeconds: number) =>
      evaluationValue({ epochs: 40, seconds: 100, lookSeconds }).value;
    expect([0.1, 1, 20].map(every)).toEqual([{ epochs: 1 }, { epochs: 4 }, { epochs: 80 }]);
  });
});

/** Three candidates for 1,000 images, that see so many a second. */
function timed(...rates: readonly (number | null)[]): TimedCandidate[] {
  const recipe = parsePretrainRecipe({ ...swinMicro, batchSize: 50 });
  return rates.map((imagesPerSecond, i) => ({
    name: ['large', 'middle', 'small'][i] ?? '',
    recipe,
    leastEpochs: [100, 20, 5][i] ?? 1,
    leastSteps: 1,
    because: 'it was measured',
    unfit: imagesPerSecond === null ? 'too large' : undefined,
    imagesPerSecond,
    isMeasured: true,
  }));
}

describe('chooseCandidate', () => {
  const facts = { seconds: 100, trainingSeconds: 90, images: 1000 };

  test('takes the first that sees every image often enough, and says why', () => {
    const { chosen, epochs, considered } = chooseCandidate(timed(500, 300, 900), facts);
    expect({ name: chosen.name, epochs }).toEqual({ name: 'middle', epochs: 27 });
    expect(considered.map(({ epochs, isChosen, reason }) => [epochs, isChosen, reason])).toEqual([
      [45, false, 'needs 100 epochs'],
      [27, true, 'it was measured'],
      [81, false, 'a larger one fits'],
    ]);
    expect(chooseCandidate(timed(null, 300, 900), facts).considered[0]).toMatchObject({
      epochs: null,
      reason: 'too large',
    });
  });

  test('takes the last where there is time for one pass, else tells the least time', () => {
    const { chosen, considered } = chooseCandidate(timed(5, 8, 30), facts);
    expect(chosen.name).toBe('small');
    expect(considered[2]?.reason).toBe('it was measured; needs 5 epochs would be better');
    expect(() => chooseCandidate(timed(1, 2, 4), facts)).toThrow(
      'Expected time for one pass over 1,000 images at least but got a budget of 1m40s: small sees 4 of them a second here.\nTry --budget 4m46s',
    );
  });

  test('gives a length in whole batches', () => {
    const recipe = { batchSize: 10, accumulation: 2 };
    expect(plannedLength(recipe, { epochs: 2.5, images: 99 }).value).toBe(10);
    expect(plannedLength(recipe, { epochs: 0.1, images: 99 }).value).toBe(1);
  });
});

describe('checkBudget', () => {
  const check = (values: Partial<Parameters<typeof checkBudget>[0]>) => () =>
    checkBudget({
      budget: 60,
      isExtended: false,
      assignments: [],
      recorded: undefined,
      ...values,
    });

  test.each([
    [{ assignments: ['duration.epochs=3'] }, /^Expected either --budget or a length, such as/],
    [{ assignments: ['budget.seconds=3'] }, /^Expected --budget but got `budget\.seconds`\.$/],
    [{ isExtended: true }, /^Expected --epochs for a run that is extended but got --budget\.$/],
    [{ budget: -1 }, /^Expected seconds above 0 but got -1\.$/],
    [{ recorded: {} }, /^Expected no --budget, as the run was begun with, but got --budget 1m\.$/],
    [{ recorded: { budget: { seconds: 90 } } }, /^Expected --budget 1m30s, as the run/],
  ] as const)('refuses %j', (values, message) => {
    const { assignments = [], ...others } = values as { assignments?: readonly string[] };
    const refused = check({ ...others, assignments: assignments.map(parseAssignment) });
    expect(refused).toThrow(RecipeError);
    expect(refused).toThrow(message);
  });

  test('lets a run go on with the budget that it has', () => {
    expect(check({ recorded: { budget: { seconds: 60 } } })).not.toThrow();
    const steps = [{ path: 'duration.steps', value: 3 }];
    expect(check({ budget: undefined, assignments: steps })).not.toThrow();
  });
});

test('a run that goes on keeps what was chosen, and takes what is named again', () => {
  const recorded = parsePretrainRecipe(
    assign(
      swinMicro,
      ['backbone.patch=4', 'batchSize=64', 'duration.steps=7'].map(parseAssignment),
    ),
  );
  const again = resumedRecipe({
    recorded,
    written: { seed: 3, duration: { epochs: 200 } },
    model: 'swin-micro',
  });
  expect(again).toEqual({ ...recorded, seed: 3 });
  expect(resumedRecipe({ recorded, written: {}, model: 'pvt-micro' })).toMatchObject({
    backbone: { kind: 'pvt' },
    batchSize: 64,
  });
});
