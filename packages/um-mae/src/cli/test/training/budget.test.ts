/** `--budget`: real runs that choose their recipes, and end by the clock. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { sceneClasses, writeScenes } from '../../../demo/scenes.js';
import { kindOf } from '../../../recipes/kind.js';
import { readRecipeFile } from '../../../recipes/recipe-file.js';
import { resolve } from '../../../recipes/schedule/plan.js';
import { scheduleOf } from '../../../training/steps/schedule.js';
import type { TrainingEvent } from '../../output/terminal/event-lines.js';
import { refusal, temporaryFolder, tinyModel, umMae } from '../../testing/command-line.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const scenes = at('scenes');
const few = join(scenes, 'val', sceneClasses[0] ?? '');

/** The small model without its decoder. */
const tinyClassifier = tinyModel.filter(
  (each, i) => !`${each} ${tinyModel[i + 1]}`.includes('decoder.'),
);

beforeAll(() => writeScenes(scenes, { perClass: { train: 4, val: 1 }, seed: 1, size: 40 }));

/** Seconds: a machine that is busy with other tests may need more to begin. */
const budgets = [4, 16, 64] as const;

/** Runs a command to its end, by the first budget that suffices for one pass over the images. */
async function trained(...args: readonly string[]) {
  for (const seconds of budgets) {
    const command = [...args, '--budget', `${seconds}s`, '--json'];
    const { code, stdout, stderr } = await umMae(...command);
    if (stderr.includes('Expected time for one pass')) continue;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return { events: eventsIn(stdout), seconds, command };
  }
  throw new Error('no budget has sufficed');
}

function eventsIn(output: string): TrainingEvent[] {
  const lines = output.trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

/** The learning rates of the steps in a run's metrics. */
function ratesOf(run: string): number[] {
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.flatMap((line) => {
    const { kind, learningRate } = JSON.parse(line);
    return kind === 'step' ? [learningRate] : [];
  });
}

/** Expects a run that has done all steps of its last plan, and whose rate has followed it. */
async function expectComplete(run: string, events: readonly TrainingEvent[]) {
  const [chosen, started] = events;
  expect([chosen?.kind, started?.kind]).toEqual(['chosen', 'started']);
  const written = await readRecipeFile(join(run, 'recipe.yaml'));
  const recipe = kindOf(written).parse(written);
  const last = events.at(-1);
  const steps = last?.kind === 'finished' ? last.summary.step : 0;
  expect(recipe.duration).toEqual({ steps });
  const state = JSON.parse(readFileSync(join(run, 'checkpoints/last/state.json'), 'utf8'));
  expect(state).toMatchObject({ step: steps, isLookDue: false });
  const plan = resolve(recipe, { images: state.images.count });
  const rate = scheduleOf(plan)((steps - 1) / plan.stepsPerEpoch);
  expect(ratesOf(run).at(-1)).toBeCloseTo(rate, 12);
  expect(readFileSync(join(run, 'train.log'), 'utf8')).toContain('\nBudget of ');
  return recipe;
}

describe('--budget', () => {
  test('pre-trains with what it has chosen, and goes on by the same command', async () => {
    const run = at('pre');
    const { events, seconds, command } = await trained(
      ...['pretrain', '--data', scenes, ...tinyModel, '--batch-size', '4'],
      ...['--out', run, '--continue'],
    );
    const recipe = await expectComplete(run, events);
    expect(recipe).toMatchObject({
      budget: { seconds },
      batchSize: 4,
      image: { height: 32 },
      masking: { secondaryRatio: expect.any(Number) },
    });
    const chosen = events[0]?.kind === 'chosen' ? events[0].choice : undefined;
    expect(chosen).toMatchObject({ seconds, images: 40, side: 40 });
    expect(chosen?.candidates.filter(({ isChosen }) => isChosen)).toMatchObject([
      { name: 'swin-micro, 32 px, patches of 2', isMeasured: true },
    ]);
    const { code, stdout } = await umMae(...command);
    expect(code).toBe(0);
    expect(eventsIn(stdout).map(({ kind }) => kind)).toEqual(['started', 'finished']);
  });

  test('fine-tunes, and ends with an evaluation', async () => {
    const run = at('fine');
    const { events } = await trained(
      ...['finetune', '--from', 'none', '--data', scenes, ...tinyClassifier],
      ...['--out', run, '--batch-size', '4', '--set', 'evaluateEvery.epochs=1000'],
    );
    const recipe = await expectComplete(run, events);
    expect(recipe).toMatchObject({ evaluateEvery: { epochs: 1000 }, batchSize: 4 });
    expect(events.filter(({ kind }) => kind === 'evaluated')).toHaveLength(1);
  });

  test.each([
    [['--budget', 'soon'], "'soon' is invalid. Expected a time of up to a year, such as 90s"],
    [['--budget', '5m', '--epochs', '3'], 'Expected either --budget or a length'],
    [['--budget', '5m', '--data', few], 'Expected at least 8 images for --budget but got 1.'],
    [['--budget', '5m', '--resume'], 'Expected a run to resume in'],
  ])('refuses %j', async (args, sentence) => {
    const found = await refusal('pretrain', ...args, '--out', at('refused'));
    expect(found).toContain(sentence);
    expect(existsSync(at('refused/recipe.yaml'))).toBe(false);
  });

  test('refuses a swept length', async () => {
    const args = ['sweep', 'swin-micro', '--budget', '5m', '--set', 'duration.epochs=1,2'];
    expect(await refusal(...args, '--out', at('swept'))).toContain('Expected either --budget or');
  });
});
