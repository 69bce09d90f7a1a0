/** `um-mae bench compare`: what uniform masking saves against SimMIM, in one run on one machine. */
import type { Command } from 'commander';
import { median } from '../../../bench/median.js';
import { modelRecipe } from '../../../recipes/pretrain/named.js';
import { positive } from '../../flags/option-values.js';
import { bytes } from '../../output/format.js';
import { ownOptions } from './options.js';
import { benchInOwnProcess, type StepReport } from './process.js';

interface CompareFlags {
  readonly models: readonly string[];
  readonly batchSize: number;
  readonly rounds: number;
  readonly counted: number;
  readonly json?: boolean;
}

type Report = Pick<StepReport, 'stepSeconds' | 'peakMemoryBytes'>;

interface Comparison {
  readonly model: string;
  readonly umMae: Report;
  readonly simmim: Report;
  /** Step of SimMIM over step of UM-MAE: the median of the rounds' own ratios. */
  readonly timeRatio: number;
  readonly memoryRatio: number;
}

const methods = ['um-mae', 'simmim'] as const;

export function addBenchCompare(bench: Command): void {
  bench
    .command('compare')
    .description('Measure um-mae against simmim, one process after the other, interleaved')
    .option('--models <name...>', 'models', ['swin-tiny', 'pvt-small'])
    // Weights and the runtime take 0.7 GB whatever the batch: the method shows at sizes as
    // published, 64 to 128 a device.
    .option('--batch-size <n>', 'images per batch', positive, 64)
    .option('--rounds <n>', 'processes of each method', positive, 2)
    .option('--counted <n>', 'steps that count in each process', positive, 2)
    .option('--json', 'print one JSON object per line')
    .action(run);
}

async function run(_: unknown, command: Command): Promise<void> {
  const flags = ownOptions<CompareFlags>(command);
  for (const model of flags.models) modelRecipe(model); // Refuses unknown ones before any is measured.
  const comparisons: Comparison[] = [];
  for (const model of flags.models) {
    const comparison = await compare(model, flags);
    comparisons.push(comparison);
    if (flags.json) console.log(JSON.stringify(comparison));
  }
  if (!flags.json) print(comparisons, flags);
}

async function compare(model: string, flags: CompareFlags): Promise<Comparison> {
  const rounds: Record<(typeof methods)[number], Report>[] = [];
  for (let round = 0; round < flags.rounds; round++) {
    rounds.push({
      'um-mae': await measure(model, 'um-mae', flags),
      simmim: await measure(model, 'simmim', flags),
    });
  }
  const of = (method: (typeof methods)[number]): Report => ({
    stepSeconds: median(rounds.map((round) => round[method].stepSeconds)),
    peakMemoryBytes: median(rounds.map((round) => round[method].peakMemoryBytes)),
  });
  const ratio = (key: keyof Report) =>
    median(rounds.map((round) => round.simmim[key] / round['um-mae'][key]));
  return {
    model,
    umMae: of('um-mae'),
    simmim: of('simmim'),
    timeRatio: ratio('stepSeconds'),
    memoryRatio: ratio('peakMemoryBytes'),
  };
}

async function measure(model: string, method: string, flags: CompareFlags): Promise<Report> {
  const { batchSize, counted } = flags;
  const report = await benchInOwnProcess({ model, method, 'batch-size': batchSize, counted });
  if (!flags.json) {
    const { stepSeconds, peakMemoryBytes } = report;
    console.log(
      `${model}  ${method.padEnd(6)}  ${stepSeconds.toFixed(2)} s a step  ${bytes(peakMemoryBytes)}`,
    );
  }
  return report;
}

function print(comparisons: readonly Comparison[], { batchSize }: CompareFlags): void {
  console.log(`\n${batchSize} images a step; medians of the rounds`);
  console.log('model       um-mae            simmim            time     memory');
  for (const { model, umMae, simmim, timeRatio, memoryRatio } of comparisons) {
    const cell = ({ stepSeconds, peakMemoryBytes }: Report) =>
      `${stepSeconds.toFixed(2)} s, ${bytes(peakMemoryBytes)}`.padEnd(17);
    const ratios = `${timeRatio.toFixed(2)}x    ${memoryRatio.toFixed(2)}x`;
    console.log(`${model.padEnd(11)} ${cell(umMae)} ${cell(simmim)} ${ratios}`);
  }
}
