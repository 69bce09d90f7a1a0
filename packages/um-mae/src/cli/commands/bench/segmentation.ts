/** `um-mae bench segmentation`: the speed of training steps of a segmentor here. */
import { threads } from '@um-mae/torch';
import { type Command, Option } from 'commander';
import { backbonePresets } from '../../../backbones/families.js';
import { segmentationSteps } from '../../../bench/segmentation-benchmark.js';
import { measureSteps, profileSteps } from '../../../bench/step-benchmark.js';
import { positive } from '../../flags/option-values.js';
import { ownOptions } from './options.js';
import { printProfile } from './print-profile.js';
import { printSteps } from './print-steps.js';
import type { StepReport } from './process.js';

interface BenchSegmentationFlags {
  readonly model: keyof typeof backbonePresets;
  readonly batchSize?: string | number;
  readonly size: number;
  readonly device: string;
  readonly counted: number;
  readonly warmUp: number;
  readonly profile?: boolean;
  readonly json?: boolean;
}

export function addBenchSegmentation(bench: Command): void {
  bench
    .command('segmentation')
    .description('Measure training steps of UPerNet on a backbone, on random pixels')
    .addOption(
      new Option('--model <name>', 'the backbone')
        .choices(Object.keys(backbonePresets))
        .default('swin-tiny'),
    )
    .option('--size <pixels>', 'side of the crops', positive, 512)
    .option('--batch-size <n>', 'images in a step', positive, 2)
    .option('--device <name>', 'cpu, cuda, cuda:N or mps', 'cpu')
    .option('--counted <n>', 'steps that count', positive, 5)
    .option('--warm-up <n>', 'steps before them', positive, 2)
    .option('--profile', 'show where the time of a step goes, by operator and by module')
    .option('--json', 'print one JSON object')
    .action(run);
}

function run(_: unknown, command: Command): void {
  const {
    model,
    device,
    size,
    counted,
    warmUp: warmup,
    ...flags
  } = ownOptions<BenchSegmentationFlags>(command);
  const batchSize = Number(flags.batchSize);
  const backbone = backbonePresets[model];
  const steps = segmentationSteps({ backbone, size, batchSize, device });
  if (flags.profile) {
    const profile = profileSteps(steps.prepare(), { device, warmup });
    if (flags.json) console.log(JSON.stringify(profile));
    else printProfile(profile);
    return;
  }
  const measured = measureSteps(steps, { device, warmup, steps: counted });
  const report: StepReport = {
    model,
    method: 'segmentation',
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
