/** `um-mae bench pytorch`: our training steps beside the same ones in PyTorch, on one device. */
import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import { median } from '../../../bench/median.js';
import { UmMaeError } from '../../../errors.js';
import { deviceOption, positive } from '../../flags/option-values.js';
import { bytes } from '../../output/format.js';
import { benchSteps, ownOptions } from './options.js';
import { benchInOwnProcess, measureInProcess, type ProgramOptions } from './process.js';

interface PytorchFlags {
  readonly models?: readonly string[];
  readonly batchSize?: number | string;
  readonly precision?: string;
  readonly device: string;
  readonly compile: readonly CompileMode[];
  readonly rounds: number;
  readonly counted: number;
  readonly python: string;
  readonly json?: boolean;
}

/** A mode of `torch.compile`; `none` is eager PyTorch. */
type CompileMode = (typeof compileModes)[number];

const compileModes = ['none', 'default', 'max-autotune'] as const;

/** The JSON output that `um-mae bench` and `bench/pytorch/step.py` share. */
interface Speed {
  /** The speed of steps that are queued one behind the other. */
  readonly sustainedImagesPerSecond: number;
  /** The peak of the device's tensors on CUDA; else the largest resident set of the process. */
  readonly peakMemoryBytes: number;
}

/** PyTorch's medians, and the medians of the rounds' own ratios. */
interface PytorchSpeed extends Speed {
  readonly compile: CompileMode;
  /** Our images/s over PyTorch's. */
  readonly speedRatio: number;
  /** Our memory over PyTorch's. */
  readonly memoryRatio: number;
}

interface Row {
  readonly name: string;
  readonly batchSize: number;
  readonly ours: Speed;
  readonly pytorch: readonly PytorchSpeed[];
}

/** One job for either side. */
interface Job {
  readonly name: StepName;
  readonly batchSize: number;
  readonly precision: string;
}

type StepName = keyof typeof benchSteps;

const stepNames = Object.keys(benchSteps) as StepName[];
/** Steps before the counted ones: the first compiles, the second may record a graph. */
const warmUp = 3;

export function addBenchPytorch(bench: Command): void {
  bench
    .command('pytorch')
    .description('Compare training steps with the same steps in PyTorch, eager and compiled')
    .option('--models <name...>', 'of swin-tiny, pvt-small and vit-base (default: all)')
    .option(
      '--batch-size <n>',
      'images at once, half as many in simmim (default: 128 on cuda, else 16)',
      positive,
    )
    .option('--precision <type>', 'f32 or bf16 (default: bf16 on cuda, else f32)')
    .option(...deviceOption)
    .addOption(
      new Option('--compile <mode...>', 'modes of torch.compile; none is eager')
        .choices(compileModes)
        .default(['none', 'default']),
    )
    .option('--rounds <n>', 'processes of each kind, in turns', positive, 2)
    .option('--counted <n>', 'steps that count in each process', positive, 5)
    .option('--python <command>', 'a Python that has PyTorch 2.6 or later', 'python3')
    .option('--json', 'print one JSON object per line')
    .action(run);
}

async function run(_: unknown, command: Command): Promise<void> {
  const flags = ownOptions<PytorchFlags>(command);
  const jobs = jobsOf(flags);
  const machine = await describe(flags);
  if (!flags.json) console.log(heading(machine, flags));
  for (const job of jobs) {
    const row = await compare(job, flags);
    const { precision } = job;
    const { device } = flags;
    const report = { ...benchSteps[job.name], ...row, precision, device, ...machine };
    console.log(flags.json ? JSON.stringify(report) : lines(row));
  }
}

/** @throws UmMaeError when there is no such model, or PyTorch's step does not have the precision */
function jobsOf({ models, batchSize, precision, device }: PytorchFlags): Job[] {
  const isCuda = device.startsWith('cuda');
  const numbers = precision ?? (isCuda ? 'bf16' : 'f32');
  if (numbers !== 'f32' && numbers !== 'bf16') {
    throw new UmMaeError('bench', `Expected f32 or bf16 for --precision but got \`${numbers}\`.`);
  }
  const known = [...new Set(stepNames.map((name) => benchSteps[name].model))];
  for (const model of models ?? []) {
    if (known.some((name) => name === model)) continue;
    const message = `Expected models out of ${known.join(', ')} but got \`${model}\`.`;
    throw new UmMaeError('bench', message);
  }
  const images = batchSize === undefined ? (isCuda ? 128 : 16) : Number(batchSize);
  if (!Number.isInteger(images) || images < 1) {
    const message = `Expected a whole number above 0 for --batch-size but got \`${batchSize}\`.`;
    throw new UmMaeError('bench', message);
  }
  return stepNames
    .filter((name) => models === undefined || models.includes(benchSteps[name].model))
    .map((name) => {
      const halved = Math.max(1, Math.floor(images / 2));
      const size = benchSteps[name].method === 'simmim' ? halved : images;
      return { name, batchSize: size, precision: numbers };
    });
}

async function compare(job: Job, flags: PytorchFlags): Promise<Row> {
  const rounds: { ours: Speed; pytorch: Map<CompileMode, Speed> }[] = [];
  for (let round = 0; round < flags.rounds; round++) {
    const ours = await benchInOwnProcess({ ...optionsOf(job, flags), ...benchSteps[job.name] });
    const pytorch = new Map<CompileMode, Speed>();
    for (const mode of flags.compile) pytorch.set(mode, await measurePytorch(job, mode, flags));
    rounds.push({ ours, pytorch });
  }
  const ours = medians(rounds.map((round) => round.ours));
  const pytorch = flags.compile.map((compile) => {
    const pairs = rounds.flatMap((round) => {
      const theirs = round.pytorch.get(compile);
      return theirs ? [{ ours: round.ours, theirs }] : [];
    });
    const ratio = (key: keyof Speed) =>
      median(pairs.map((pair) => pair.ours[key] / pair.theirs[key]));
    return {
      compile,
      ...medians(pairs.map(({ theirs }) => theirs)),
      speedRatio: ratio('sustainedImagesPerSecond'),
      memoryRatio: ratio('peakMemoryBytes'),
    };
  });
  return { name: job.name, batchSize: job.batchSize, ours, pytorch };
}

function medians(speeds: readonly Speed[]): Speed {
  return {
    sustainedImagesPerSecond: median(speeds.map((speed) => speed.sustainedImagesPerSecond)),
    peakMemoryBytes: median(speeds.map((speed) => speed.peakMemoryBytes)),
  };
}

function optionsOf({ batchSize, precision }: Job, { device, counted }: PytorchFlags) {
  return { 'batch-size': batchSize, precision, device, counted, 'warm-up': warmUp };
}

async function measurePytorch(job: Job, compile: CompileMode, flags: PytorchFlags): Promise<Speed> {
  const { model, method } = benchSteps[job.name];
  const options = { model, method, compile, ...optionsOf(job, flags) };
  return (await inPython(flags, [], options)) as Speed;
}

interface Machine {
  readonly deviceName: string;
  readonly torchVersion: string;
}

/** @throws UmMaeError when that Python has no PyTorch, or its PyTorch not the device */
async function describe(flags: PytorchFlags): Promise<Machine> {
  return (await inPython(flags, ['--describe'], { device: flags.device })) as Machine;
}

function inPython(
  { python }: PytorchFlags,
  begin: readonly string[],
  options: ProgramOptions,
): Promise<unknown> {
  const script = fileURLToPath(new URL('../../../../bench/pytorch/step.py', import.meta.url));
  return measureInProcess(python, [script, ...begin], options);
}

function heading({ deviceName, torchVersion }: Machine, { rounds }: PytorchFlags): string {
  return [
    `${deviceName}, PyTorch ${torchVersion}; medians of ${rounds} rounds`,
    'step                    batch  by                      images/s   memory  ours by it: speed  memory',
  ].join('\n');
}

function lines({ name, batchSize, ours, pytorch }: Row): string {
  const cells = (by: string, { sustainedImagesPerSecond: rate, peakMemoryBytes }: Speed) =>
    `${by.padEnd(22)} ${rate.toFixed(2).padStart(9)} ${bytes(peakMemoryBytes).padStart(8)}`;
  const first = `${name.padEnd(23)} ${String(batchSize).padStart(5)}  ${cells('um-mae', ours)}`;
  const others = pytorch.map((theirs) => {
    const by = theirs.compile === 'none' ? 'PyTorch' : `PyTorch, ${theirs.compile}`;
    const ratio = (value: number, width: number) => `${value.toFixed(2)}x`.padStart(width);
    const ratios = `${ratio(theirs.speedRatio, 19)}${ratio(theirs.memoryRatio, 8)}`;
    return `${' '.repeat(31)}${cells(by, theirs)}${ratios}`;
  });
  return [first, ...others].join('\n');
}
