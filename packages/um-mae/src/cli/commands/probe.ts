/** `um-mae probe`: tells how much a frozen encoder's features know of classes. */
import type { Command } from 'commander';
import { describeFeatures } from '../../backbones/pooled-stages.js';
import { counted } from '../../counted.js';
import type { ProbeReport } from '../../features/probe/probe.js';
import { writeProbe } from '../../training/run-files/probe-record.js';
import { RunDirectory } from '../../training/run-files/run-directory.js';
import {
  addEncoderFlags,
  type EncoderFlags,
  encoderArgument,
  loadEncoder,
} from '../flags/encoder-flags.js';
import { type LabelledFlags, partsMissing, partsOf } from '../flags/labelled-flags.js';
import { readingOf } from '../flags/reading-flags.js';
import { count, interval, percent } from '../output/format.js';
import { printRemarks } from '../output/remarks.js';
import { complainOfSkipped } from '../output/skipped-images.js';
import { StatusLine } from '../output/terminal/status-line.js';
import { shareWork } from '../team/shared-work.js';

interface ProbeFlags extends EncoderFlags, LabelledFlags {
  readonly cache?: string;
  readonly baseline?: boolean;
  readonly json?: boolean;
}

const sourcesText = `
Labelled images, for --train and --val:
  train/                a folder for every class
  list.txt              lines "path label", a name or a number; or "class/path", whose folder is the class
  shards, .parquet      WebDataset shards with .cls, tables with the column label
Both are matched by the names of the classes: see docs/inputs.md.

Features are kept in RUN.features, beside the run: a second probe computes only those of new images.`;

export function addProbe(command: Command): void {
  command
    .argument(...encoderArgument)
    .option('--data <folder>', 'labelled images in <folder>/train and <folder>/val')
    .option('--train <source>', 'images to train the probes on')
    .option('--val <source>', 'images to measure the probes on');
  addEncoderFlags(command);
  command
    .option('--baseline', 'also measure the same network with random weights')
    .option('--cache <folder>', 'where features are kept (default: RUN.features)')
    .option('--json', 'print one JSON object')
    .addHelpText('after', sourcesText)
    .action(run);
}

async function run(path: string, flags: ProbeFlags, command: Command): Promise<void> {
  const sources = sourcesOf(flags, command);
  const { stages, pooling, view, batchSize, cache } = flags;
  const { probe } = await import('../../features/probe/probe.js');
  const status = new StatusLine('computed');
  await shareWork(flags, command, async ({ team, signal, device, workers }) => {
    const measure = async (untrained: boolean) => {
      using frozen = await loadEncoder(path, flags, { device, team, untrained });
      return await probe(frozen, {
        ...sources,
        ...readingOf(flags),
        cache,
        stages,
        pooling,
        view,
        batchSize,
        workers,
        team,
        signal,
        onProgress: (done, total) => status.show(done, total),
      });
    };
    const report = await measure(false);
    const baseline = flags.baseline ? await measure(true) : undefined;
    if (!report) return;
    const run = new RunDirectory(path);
    // Scores of another network than the run's are not its own.
    if (run.exists && flags.entry === undefined) {
      writeProbe(run, {
        ...report,
        images: report.images.val,
        features: describeFeatures(report),
      });
    }
    status.clear();
    if (flags.json)
      console.log(JSON.stringify({ ...report, ...(baseline && { baseline: scoresOf(baseline) }) }));
    else print(report, baseline);
  });
}

function sourcesOf(flags: ProbeFlags, command: Command) {
  const { train, val } = partsOf(flags);
  if (train === undefined || val === undefined) return command.error(partsMissing);
  return { train, val };
}

/** The scores of random weights, and how far chance reaches in them. */
function scoresOf({ neighbours, linearProbe, intervals }: ProbeReport) {
  return { neighbours, linearProbe, intervals };
}

function print(report: ProbeReport, baseline: ProbeReport | undefined): void {
  const { images, classes, channels, image, computed, skipped } = report;
  complainOfSkipped(skipped);
  printRemarks(report.remarks);
  console.log(
    `${count(images.train)} + ${counted(images.val, 'image')} of ${image.height}x${image.width}, ${counted(classes, 'class', 'classes')}`,
  );
  console.log(`${channels} channels, ${describeFeatures(report)}, ${count(computed)} computed now`);
  for (const [name, label] of labels) {
    console.log(`${label}  ${describeShare(report, name)}`);
    if (baseline) console.log(`  random weights    ${describeShare(baseline, name)}`);
  }
  console.log(`chance              ${percent(report.chance).padStart(7)}`);
  if (baseline && report.linearProbe <= baseline.linearProbe) {
    console.log('Random weights do as well: training has added nothing that a linear probe finds.');
  }
}

const labels = [
  ['neighbours', 'nearest neighbours'],
  ['linearProbe', 'linear probe      '],
] as const;

/** A score with its 95 % interval. */
function describeShare(report: ProbeReport, name: 'neighbours' | 'linearProbe'): string {
  return `${percent(report[name]).padStart(7)}  95 % interval ${interval(report.intervals[name])}`;
}
