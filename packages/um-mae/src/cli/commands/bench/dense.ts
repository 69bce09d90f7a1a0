/** Options and output of the commands below `bench` that measure steps of segmentors and detectors. */
import { type Command, Option } from 'commander';
import { type BackboneOptions, backbonePresets } from '../../../backbones/families.js';
import type { MeasuredSteps } from '../../../bench/step-benchmark.js';
import { positive } from '../../flags/option-values.js';
import { ownOptions } from './options.js';
import { printProfile } from './print-profile.js';
import { printSteps } from './print-steps.js';
import type { StepReport } from './process.js';

interface DenseFlags {
  readonly model: keyof typeof backbonePresets;
  readonly batchSize: string | number;
  readonly size: number;
  readonly precision: string;
  readonly device: string;
  readonly counted: number;
  readonly warmUp: number;
  readonly profile?: boolean;
  readonly json?: boolean;
}

/** The steps that a command asks for. */
export interface DenseSteps {
  readonly backbone: BackboneOptions;
  /** Side of the images. */
  readonly size: number;
  readonly batchSize: number;
  readonly device: string;
  readonly precision: string;
}

/** Adds the options of such a command, and its action, of which `Flags` are the other options. */
export function measureDense<Flags>(
  command: Command,
  methodOf: (flags: Flags) => string,
  stepsOf: (options: DenseSteps, flags: Flags) => Promise<MeasuredSteps>,
): void {
  command
    .addOption(
      new Option('--model <name>', 'the backbone')
        .choices(Object.keys(backbonePresets))
        .default('swin-tiny'),
    )
    .option('--size <pixels>', 'side of the images', positive, 512)
    .option('--batch-size <n>', 'images in a step', positive, 2)
    .option('--precision <type>', 'of matrix products: auto, f32, bf16 or f16', 'f32')
    .option('--device <name>', 'cpu, cuda, cuda:N or mps', 'cpu')
    .option('--counted <n>', 'steps that count', positive, 5)
    .option('--warm-up <n>', 'steps before them', positive, 2)
    .option('--profile', 'show where the time of a step goes, by operator and by module')
    .option('--json', 'print one JSON object')
    .action(async (_: unknown, own: Command) => {
      const flags = ownOptions<DenseFlags & Flags>(own);
      const { size, device, precision } = flags;
      const backbone = backbonePresets[flags.model];
      // One that is written is read with the options of `bench`.
      const batchSize = Number(flags.batchSize);
      const steps = await stepsOf({ backbone, size, batchSize, device, precision }, flags);
      await run(steps, { ...flags, batchSize, method: methodOf(flags) });
    });
}

async function run(
  steps: MeasuredSteps,
  flags: DenseFlags & { readonly batchSize: number; readonly method: string },
): Promise<void> {
  const { threads } = await import('@um-mae/torch');
  const { measureSteps, profileSteps } = await import('../../../bench/step-benchmark.js');
  const { model, method, batchSize, size, device, warmUp: warmup, counted } = flags;
  if (flags.profile) {
    const profile = profileSteps(steps.prepare(), { device, warmup });
    if (flags.json) console.log(JSON.stringify(profile));
    else printProfile(profile);
    return;
  }
  const measured = measureSteps(steps, { device, warmup, steps: counted });
  const report: StepReport = {
    model,
    method,
    batchSize,
    imageSize: size,
    device,
    threads: threads(),
    ...measured,
    // Node counts it in KiB.
    peakMemoryBytes: measured.deviceMemoryBytes ?? 1024 * process.resourceUsage().maxRSS,
  };
  if (flags.json) console.log(JSON.stringify(report));
  else printSteps(report);
}
