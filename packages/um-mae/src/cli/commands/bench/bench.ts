/** `um-mae bench`: the speed of training steps here, and how much of the machine they use. */
import type { Command } from 'commander';
import type { DeviceProfile } from '../../../bench/step-benchmark.js';
import { composeRecipe } from '../../../recipes/compose.js';
import { methodNames } from '../../../recipes/pretrain/methods.js';
import { modelNames, modelRecipe } from '../../../recipes/pretrain/named.js';
import { pretrainRecipe } from '../../../recipes/pretrain/pretrain-recipe.js';
import type { Assignment } from '../../../recipes/values/assignments.js';
import { collectAssignments, positive } from '../../flags/option-values.js';
import { addRecipeFlags, recipeAssignments } from '../../flags/recipe-flags.js';
import { addBenchCompare } from './compare.js';
import { addBenchData } from './data.js';
import { addBenchDetection } from './detection.js';
import { addBenchMasks } from './masks.js';
import { addBenchObjects } from './objects.js';
import { printProfile } from './print-profile.js';
import { printSteps } from './print-steps.js';
import type { StepReport } from './process.js';
import { addBenchPytorch } from './pytorch.js';
import { addBenchSegmentation } from './segmentation.js';
import { addBenchTable } from './table.js';

interface BenchFlags {
  readonly model: string;
  readonly method: string;
  readonly set: readonly Assignment[];
  readonly device: string;
  readonly threads?: number;
  readonly counted: number;
  readonly warmUp: number;
  readonly profile?: boolean;
  readonly trace?: boolean;
  readonly record: boolean;
  readonly json?: boolean;
}

const defaultModel = 'swin-tiny';

export function addBench(command: Command): void {
  command
    .option('--model <name>', `one of ${modelNames.join(', ')}`, defaultModel)
    .option('--method <name>', `one of ${methodNames.join(', ')}`, 'um-mae');
  addRecipeFlags(command, [pretrainRecipe], {
    names: ['batchSize', 'imageSize', 'patch', 'precision', 'secondaryRatio'],
  });
  command
    .option(
      '--set <path=value>',
      'any value of the recipe; can be repeated',
      collectAssignments,
      [],
    )
    .option('--device <name>', 'cpu, cuda, cuda:N or mps', 'cpu')
    .option('--threads <n>', 'threads of libtorch (default: one per core)', positive)
    .option('--counted <n>', 'steps that count', positive, 5)
    .option('--warm-up <n>', 'steps before them', positive, 2)
    .option('--profile', 'show where the time of a step goes, by operator and by module')
    .option('--trace', 'show what a GPU does in a step, kernel by kernel, and what waits for it')
    .option('--no-record', 'queue each step operator by operator on a GPU, instead of as one')
    .option('--json', 'print one JSON object')
    .action(run);
  addBenchCompare(command);
  addBenchData(command);
  addBenchDetection(command);
  addBenchMasks(command);
  addBenchObjects(command);
  addBenchPytorch(command);
  addBenchSegmentation(command);
  addBenchTable(command);
}

async function run(flags: BenchFlags, command: Command): Promise<void> {
  const { setThreads, threads } = await import('@um-mae/torch');
  const { benchmarkSteps, profileStep, traceStep } = await import(
    '../../../bench/step-benchmark.js'
  );
  const recipe = await composeRecipe({
    model: flags.model,
    method: flags.method,
    fallback: modelRecipe(flags.model),
    assignments: [...recipeAssignments(command.opts()), ...flags.set],
  });
  if (flags.threads !== undefined) setThreads(flags.threads);
  if (flags.profile) {
    const step = profileStep({ recipe, device: flags.device, warmup: flags.warmUp });
    if (flags.json) console.log(JSON.stringify(step));
    else printProfile(step);
    return;
  }
  if (flags.trace) {
    const { device, warmUp: warmup, record: records } = flags;
    const found = traceStep({ recipe, device, warmup: warmup + 3, records });
    if (flags.json) console.log(JSON.stringify(found));
    else printTrace(found);
    return;
  }
  const measured = benchmarkSteps({
    records: flags.record,
    recipe,
    device: flags.device,
    warmup: flags.warmUp,
    steps: flags.counted,
    onStep: (seconds, counted) => {
      if (flags.json) return;
      console.log(`${counted ? 'step' : 'warm-up'}  ${seconds.toFixed(2)} s`);
    },
  });
  const { height, width } = recipe.image;
  const report: StepReport = {
    model: flags.model,
    method: recipe.method,
    batchSize: recipe.batchSize,
    imageSize: height === width ? height : `${height}x${width}`,
    device: flags.device,
    threads: threads(),
    ...measured,
    // Node counts it in KiB.
    peakMemoryBytes: measured.deviceMemoryBytes ?? 1024 * process.resourceUsage().maxRSS,
  };
  if (flags.json) console.log(JSON.stringify(report));
  else printSteps(report);
}

function printTrace({ seconds, busySeconds, kernels, waits }: DeviceProfile): void {
  const ms = (value: number) => `${(1000 * value).toFixed(2)} ms`.padStart(10);
  console.log(`${ms(seconds)}  a step, the GPU at work for ${ms(busySeconds).trim()}`);
  for (const list of [kernels.slice(0, 40), waits])
    for (const { name, calls, seconds } of list)
      console.log(`${ms(seconds)}  ${`${calls}`.padStart(5)}  ${name.slice(0, 140)}`);
}
