/**
 * `um-mae bench table`: every figure of speed and memory that the project answers for, beside what
 * it aims at.
 */
import type { Command } from 'commander';
import { backbonePresets } from '../../../backbones/families.js';
import type { EngineBenchmark } from '../../../bench/engine-benchmark.js';
import type { Environment } from '../../../training/machine.js';
import { positive } from '../../flags/option-values.js';
import { bytes } from '../../output/format.js';
import { benchSteps, ownOptions } from './options.js';
import { benchInOwnProcess, type StepReport } from './process.js';

interface TableFlags {
  readonly device?: string;
  readonly counted: number;
  readonly images?: number;
  readonly json?: boolean;
}

interface Step {
  readonly name: string;
  readonly options: Readonly<Record<string, string | number>>;
  /** The command below `bench` that measures it. Default: `bench` itself. */
  readonly command?: 'segmentation' | 'detection';
  /** Options of a quick look, for which the number of images is given. */
  readonly quick?: Readonly<Record<string, string | number>>;
  /** The share of the peak that it aims at, where nothing was published. */
  readonly goal?: number;
  /**
   * The published implementation on libtorch 1.13 and two cores: images/s, share of the matrix
   * peak.
   */
  readonly published?: readonly [imagesPerSecond: number, share: number];
  /**
   * Multiply-accumulates of one of its forward passes, which embeds every patch and decodes every
   * unit.
   */
  readonly publishedMacs?: number;
  /** The memory that the step may take at most. */
  readonly memoryGoal?: number;
}

const shareGoal = 0.6;
const callGoalSeconds = 1e-6;
const forwardGoal = 1.5;

const steps: readonly Step[] = [
  {
    name: 'swin-tiny um-mae',
    options: { ...benchSteps['swin-tiny um-mae'], 'batch-size': 16 },
    published: [2.6, 0.27],
    publishedMacs: 3_403_718_656,
    memoryGoal: 1.6e9,
  },
  {
    name: 'pvt-small um-mae',
    options: { ...benchSteps['pvt-small um-mae'], 'batch-size': 16 },
    published: [3.0, 0.28],
    publishedMacs: 3_181_379_584,
  },
  {
    name: 'vit-base mae, 2 blocks',
    options: { ...benchSteps['vit-base mae, 2 blocks'], 'batch-size': 8 },
    published: [2.1, 0.36],
    publishedMacs: 5_824_440_320,
  },
  {
    name: 'swin-tiny simmim',
    options: { ...benchSteps['swin-tiny simmim'], 'batch-size': 16 },
    published: [1.3, 0.29],
    publishedMacs: 7_403_470_848,
  },
  {
    name: '  um-mae, checkpointing',
    options: { model: 'swin-tiny', method: 'um-mae', 'batch-size': 16, set: 'checkpointing=true' },
    memoryGoal: 0.9e9,
  },
  {
    name: 'swin-tiny UPerNet 512',
    command: 'segmentation',
    options: { model: 'swin-tiny', 'batch-size': 2 },
    // Statistics of a batch need two images.
    quick: { size: 128, 'batch-size': 2 },
    goal: shareGoal,
  },
  {
    name: 'swin-tiny Mask R-CNN',
    command: 'detection',
    options: { model: 'swin-tiny', 'batch-size': 2 },
    quick: { size: 128 },
    goal: 0.55,
  },
];

export function addBenchTable(bench: Command): void {
  bench
    .command('table')
    .description('Measure every figure of docs/performance.md, with its target; takes minutes')
    .option('--counted <n>', 'steps that count, of each row', positive, 3)
    .option(
      '--images <n>',
      'at once in every row, for a quick look (default: those of the goals)',
      positive,
    )
    .option('--device <name>', 'cpu, cuda, cuda:N or mps (default: cpu)')
    .option('--json', 'print one JSON object per line')
    .action(run);
}

async function run(_: unknown, command: Command): Promise<void> {
  const { resolveDevice } = await import('@um-mae/torch');
  const { environment } = await import('../../../training/machine.js');
  const { counted, json, images, ...flags } = ownOptions<TableFlags>(command);
  const device = resolveDevice(flags.device ?? 'cpu');
  const machine = environment();
  console.log(
    json ? JSON.stringify({ name: 'machine', ...machine }) : `${machineLine(machine)}\n${heading}`,
  );
  for (const step of steps) {
    const options = {
      ...step.options,
      device,
      counted,
      ...(images !== undefined && { 'batch-size': images, 'warm-up': 1, ...step.quick }),
    };
    const report = await benchInOwnProcess(options, ...(step.command ? [step.command] : []));
    console.log(json ? JSON.stringify({ ...report, name: step.name.trim() }) : row(step, report));
  }
  // Its two rows compare kernels of the CPU.
  if (device !== 'cpu') return;
  const batchSize = images ?? 16;
  const { benchmarkEngine } = await import('../../../bench/engine-benchmark.js');
  const engine = benchmarkEngine({
    backbone: backbonePresets['swin-tiny'],
    imageSize: 256,
    batchSize,
    counted,
  });
  const rows = () => engineRows(engine, batchSize);
  console.log(json ? JSON.stringify({ name: 'engine', batchSize, ...engine }) : rows());
}

function machineLine({ processor, instructions, cores, versions, products }: Environment): string {
  const { openblas, kernels, onednn } = products;
  const libraries = [
    `libtorch ${versions.libtorch}`,
    openblas && `OpenBLAS ${openblas} with kernels for ${kernels}`,
    onednn && `oneDNN ${onednn}`,
  ];
  const parts = [`${processor} (${instructions.join(', ')})`, `${cores} cores`, ...libraries];
  return parts.filter(Boolean).join('; ');
}

const heading =
  'step                    images/s  published  share of the peak  as published counts  published  goal  memory   goal';

function row(
  { name, published, publishedMacs, memoryGoal, goal }: Step,
  report: StepReport,
): string {
  const { imagesPerSecond, matmulPeakFlops, peakFraction, peakMemoryBytes } = report;
  // Forward and backward are three times the forward pass, and a multiply-accumulate two
  // operations.
  const counted = publishedMacs && (6 * publishedMacs * imagesPerSecond) / matmulPeakFlops;
  const percent = (share: number | undefined) => (share ? `${(100 * share).toFixed(0)} %` : '');
  return [
    name.padEnd(22),
    imagesPerSecond.toFixed(2).padStart(9),
    `${published?.[0].toFixed(1) ?? ''}`.padStart(10),
    percent(peakFraction).padStart(18),
    percent(counted).padStart(20),
    percent(published?.[1]).padStart(10),
    percent(goal ?? (published && shareGoal)).padStart(5),
    bytes(peakMemoryBytes).padStart(7),
    (memoryGoal ? bytes(memoryGoal) : '').padStart(6),
  ].join(' ');
}

function engineRows(engine: EngineBenchmark, batchSize: number): string {
  const { callSeconds, forwardSeconds, composedForwardSeconds } = engine;
  const micro = (seconds: number) => `${(seconds * 1e6).toFixed(2)} µs`;
  const ratio = composedForwardSeconds / forwardSeconds;
  return [
    `\none operator call from TypeScript: ${micro(callSeconds)} (goal: ${micro(callGoalSeconds)})`,
    `evaluation of swin-tiny, ${batchSize} images: ${forwardSeconds.toFixed(2)} s, ${ratio.toFixed(2)} times as fast as the composition (goal: ${forwardGoal})`,
  ].join('\n');
}
