/** `um-mae demo`: the main job on rendered scenes, with a probe of the features before and after. */
import { setThreads } from '@um-mae/torch';
import { type Command, Option } from 'commander';
import { sceneClasses } from '../../data/scenes.js';
import { type DemoEvent, type DemoReport, demo } from '../../demo/demo.js';
import { environment } from '../environment.js';
import { count, duration, significant } from '../format.js';
import { natural, positive } from '../option-values.js';
import { showOnTerminal, showPlain } from '../progress.js';
import { listenForStop } from '../stop-signals.js';

interface DemoFlags {
  readonly out: string;
  readonly seed: number;
  readonly epochs: number;
  readonly device: string;
  readonly threads?: number;
  readonly json?: boolean;
  readonly perClass: number;
}

/** Decoding these small images takes a fraction of one core. */
const workers = 1;

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('Pre-train a small model on rendered scenes and probe it: a few minutes')
    .option('--out <folder>', 'the run directory; images go beside it', 'runs/demo')
    .option('--seed <n>', 'decides images and weights', natural, 0)
    .option('--epochs <n>', 'passes over the images', positive, 20)
    .option('--device <name>', 'cpu, cuda, cuda:N or mps', 'cpu')
    .option('--threads <n>', 'threads of libtorch (default: one per core)', positive)
    .option('--json', 'print one JSON object per line')
    .addOption(
      new Option('--per-class <n>', 'training images of each class')
        .argParser(positive)
        .default(240)
        .hideHelp(),
    )
    .action(run);
}

async function run(flags: DemoFlags): Promise<void> {
  const { out: directory, seed, epochs, device, perClass: train } = flags;
  if (flags.threads !== undefined) setThreads(flags.threads);
  const stop = listenForStop();
  const show = showing(flags);
  for await (const event of demo({
    directory,
    seed,
    epochs,
    perClass: { train, val: Math.ceil(train / 3) },
    device,
    workers,
    environment: { ...environment(), device, workers, commandLine: process.argv.slice(2) },
    residentBytes: process.memoryUsage.rss,
    signal: stop.signal,
  })) {
    show(event);
    if (event.kind === 'interrupted') process.exitCode = stop.exitCode();
  }
}

function showing({ json }: DemoFlags): (event: DemoEvent) => void {
  return json ? showLine : showText();
}

/** One object per line; of the steps, those that are logged. */
function showLine(event: DemoEvent): void {
  if (event.kind !== 'step' || event.logged) console.log(JSON.stringify(event));
}

function showText(): (event: DemoEvent) => void {
  const showTraining = process.stdout.isTTY ? showOnTerminal(process.stdout) : showPlain;
  return (event) => {
    switch (event.kind) {
      case 'rendered':
        return console.log(describeScenes(event));
      case 'probed':
      case 'finished':
        return;
      case 'report':
        return console.log(describeReport(event.report));
      default:
        return showTraining(event);
    }
  };
}

function describeScenes({ images, folder }: Extract<DemoEvent, { kind: 'rendered' }>): string {
  const { train, val } = images;
  return [
    `${count(train + val)} rendered scenes in ${folder}: ${sceneClasses.length} classes that differ in shapes and`,
    `their arrangement. Pre-training sees ${count(train)} of them, and no labels.`,
  ].join('\n');
}

function describeReport(report: DemoReport): string {
  const { before, after, directory, scenes, sheet } = report;
  const row = (name: string, was: number, is: number) =>
    `  ${name.padEnd(24)}${percent(was)}   ${percent(is)}   ${points(is - was)}`;
  return [
    '',
    `Accuracy on ${count(report.images.val)} scenes that pre-training has not seen; guessing gives ${percent(1 / sceneClasses.length).trim()}.`,
    '',
    `  ${'Features of swin-micro'.padEnd(24)} before    after   points`,
    row('20 nearest neighbours', before.neighbours, after.neighbours),
    row('linear probe', before.linearProbe, after.linearProbe),
    '',
    `  ${significant(report.imagesPerSecond)} images/s in pre-training, ${duration(report.totalSeconds)} in all`,
    '',
    `  Reconstructions   ${sheet}`,
    `  Run directory     ${directory}`,
    `  Scenes            ${scenes}`,
    '',
    'Next, on your own images:',
    '  um-mae pretrain --data ./photos --model swin-tiny --out runs/first',
  ].join('\n');
}

/** Seven characters. */
function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`.padStart(7);
}

function points(difference: number): string {
  const text = (100 * difference).toFixed(1);
  return (difference < 0 ? text : `+${text}`).padStart(6);
}
