/** `um-mae sweep`: a recipe with every combination of values and seeds, one run after the other. */
import { mkdirSync } from 'node:fs';
import { join, parse as parsePath } from 'node:path';
import { replaceFile } from '@um-mae/torch/files';
import { type Command, InvalidArgumentError } from 'commander';
import { counted } from '../../counted.js';
import { printable } from '../../printable.js';
import { timeText } from '../../recipes/budget/time-text.js';
import { labelledKinds } from '../../recipes/kind.js';
import { pretrainRecipe } from '../../recipes/pretrain/pretrain-recipe.js';
import { type Axis, parseAxis, type Setting, settingsOf } from '../../sweep/grid.js';
import {
  type CheckedSetting,
  checkSettings,
  type SweptRecipe,
  sweptRecipe,
} from '../../sweep/plan-sweep.js';
import { rank, runsAsCsv, type SweepRun, type SweptRunState } from '../../sweep/ranking.js';
import { outcomeOf } from '../../sweep/run-outcome.js';
import { ChildPrograms } from '../child-program.js';
import { natural, place, positive, time } from '../flags/option-values.js';
import { addSweptFlags, sweptValues } from '../flags/recipe-flags.js';
import { describeScore, scoreLabel } from '../output/tables/scores.js';
import { sweepLines } from '../output/tables/sweep-table.js';
import { complain } from '../output/terminal/terminal.js';

interface SweepFlags {
  readonly set?: readonly Axis[];
  readonly seeds?: readonly number[];
  readonly data?: string;
  readonly from?: string;
  readonly out?: string;
  readonly device?: string;
  readonly threads?: number;
  readonly workers?: number;
  readonly budget?: number;
  readonly json?: boolean;
}

const sweepText = `
Values that are swept:
  --set learningRate.peak=1e-3,2e-3           two values
  --lr 1e-3,2e-3                              the same: flags of pretrain and finetune take lists
  --set learningRate.peak=1e-3                one value, in all runs
  --set backbone.heads=[1,2,4],[2,4,8]        commas inside [], {} and quotes belong to a value
Several of these make a grid: every value of one with every value of the other, and with every seed.

Each run is a folder in --out, named after its values. A second call with the same --out leaves out
what is finished and goes on with what was stopped; a run that fails does not keep the others from
running. The table is in sweep.json and sweep.csv, too; um-mae studio OUT shows the runs.

Runs are ranked by the score of their task; those of pre-training by the linear probe, for which
watch.every and watch.labelled are set in the recipe, else by the loss.`;

export function addSweep(command: Command): void {
  const schemas = [pretrainRecipe, ...labelledKinds.map(({ schema }) => schema)];
  command
    .argument('<recipe>', 'a YAML file or the name of a recipe, of pretrain or finetune')
    .option('--set <path=value,...>', 'values of the recipe; can be repeated', axes)
    .option(
      '--seeds <n,...>',
      'a run with each of these seeds (default: that of the recipe)',
      seeds,
    )
    .option(
      '--data <path>',
      'images, as pretrain or finetune take them (default: as in the recipe)',
    )
    .option('--from <path>', 'the weights that the runs begin with, or none');
  addSweptFlags(command, schemas);
  command
    .option('--out <folder>', 'folder of the runs (default: runs/<recipe>-sweep)', place)
    .option('--device <name>', 'cpu, cuda, cuda:N or mps (default: cpu)')
    .option('--threads <n>', 'CPU threads for libtorch (default: one per core)', positive)
    .option('--workers <n>', 'threads that decode images', positive)
    .option('--budget <time>', 'the time that each run has, as pretrain and finetune take it', time)
    .option('--json', 'print one JSON object at the end')
    .addHelpText('after', sweepText)
    .action(run);
}

function axes(text: string, earlier: readonly Axis[] = []): Axis[] {
  return [...earlier, parseAxis(text)];
}

function seeds(text: string): number[] {
  const found = text.split(',').map(natural);
  if (new Set(found).size === found.length) return found;
  throw new InvalidArgumentError('Expected each seed once.');
}

async function run(recipe: string, flags: SweepFlags, command: Command): Promise<void> {
  const { out = join('runs', `${parsePath(recipe).name}-sweep`), json = false } = flags;
  const swept = await sweptRecipe(recipe);
  const own = sweptValues(command.opts()).map(parseAxis);
  const grid = settingsOf([...own, ...(flags.set ?? [])], flags.seeds ?? []);
  const hasBudget = flags.budget !== undefined;
  const settings = await checkSettings(recipe, { ...swept, from: flags.from, hasBudget }, grid);
  mkdirSync(out, { recursive: true });
  using programs = new ChildPrograms();
  const states = new Map<string, SweptRunState>();
  for (const [i, setting] of settings.entries()) {
    const directory = join(out, setting.name);
    if (programs.stopCode !== undefined) break;
    if (outcomeOf(directory, setting).isFinished) continue;
    if (!json) console.log(printable(`\nRun ${i + 1} of ${settings.length}: ${setting.name}`));
    const args = argumentsOf(recipe, { swept, setting, directory, flags });
    const code = await programs.run(args, { isSilent: json });
    if (programs.stopCode !== undefined) break;
    states.set(setting.name, code === 0 ? 'finished' : 'failed');
    if (code !== 0) {
      complain(
        `um-mae: ${setting.name} failed with exit code ${code}; see ${join(directory, 'train.log')}.`,
      );
    }
    write(out, { recipe, swept, runs: runsIn(out, settings, states) });
  }
  const runs = runsIn(out, settings, states);
  write(out, { recipe, swept, runs });
  if (json) console.log(JSON.stringify({ directory: out, ...report({ recipe, swept, runs }) }));
  else print(out, { recipe, swept, runs });
  const hasFailed = runs.some(({ state }) => state === 'failed');
  process.exitCode = programs.stopCode ?? (hasFailed ? 1 : 0);
}

interface RunParts {
  readonly swept: SweptRecipe;
  readonly setting: Setting;
  readonly directory: string;
  readonly flags: SweepFlags;
}

/** The command line of one run, which begins it or goes on with it. */
function argumentsOf(recipe: string, { swept, setting, directory, flags }: RunParts): string[] {
  const { data, from, device, threads, workers } = flags;
  const budget = flags.budget === undefined ? undefined : timeText(flags.budget);
  const options = Object.entries({ recipe, data, from, device, threads, workers, budget });
  return [
    swept.command,
    ...options.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, `${value}`])),
    ...setting.texts.flatMap((text) => ['--set', text]),
    ...['--out', directory, '--continue'],
  ];
}

interface Sweep {
  readonly recipe: string;
  readonly swept: SweptRecipe;
  readonly runs: readonly SweepRun[];
}

function runsIn(
  out: string,
  settings: readonly CheckedSetting[],
  states: ReadonlyMap<string, SweptRunState>,
): SweepRun[] {
  return settings.map((setting) => {
    const { name, varied, seed } = setting;
    const directory = join(out, name);
    const { isFinished, scores } = outcomeOf(directory, setting);
    const state = states.get(name) ?? (isFinished ? 'finished' : 'waiting');
    return { name, directory, varied, seed, state, scores };
  });
}

function report({ recipe, swept, runs }: Sweep): object {
  return { recipe, task: swept.task, ...rank(runs, swept.task) };
}

/** Writes the table of what is there so far. */
function write(out: string, sweep: Sweep): void {
  const files = {
    'sweep.json': `${JSON.stringify(report(sweep), null, 2)}\n`,
    'sweep.csv': runsAsCsv(sweep.runs),
  };
  for (const [name, text] of Object.entries(files))
    replaceFile(join(out, name), (append) => append(Buffer.from(text)));
}

function print(out: string, { swept, runs }: Sweep): void {
  const ranking = rank(runs, swept.task);
  const { by } = ranking;
  const order = by ? `, by ${scoreLabel(by.name)}, the best first` : '';
  console.log(`\n${counted(runs.length, 'run')} in ${out}${order}:`);
  for (const line of sweepLines(ranking)) console.log(printable(line));
  const [best] = ranking.settings;
  const mean = by && best?.scores[by.name]?.mean;
  if (by?.name === 'loss')
    console.log('Losses compare only where method, masks and targets are the same.');
  if (mean !== null && mean !== undefined && by && Object.keys(best?.varied ?? {}).length > 0)
    console.log(
      printable(`Best: ${valuesOf(best?.varied ?? {})} with ${describeScore(by.name, mean)}`),
    );
  if (runs.some(({ state }) => state === 'waiting'))
    console.log('The same command goes on with what is left.');
}

function valuesOf(varied: Setting['varied']): string {
  return Object.entries(varied)
    .map(([path, text]) => `${path}=${text}`)
    .join(' ');
}
