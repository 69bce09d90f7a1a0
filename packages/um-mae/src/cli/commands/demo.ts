/**
 * `um-mae demo`: the main job on rendered scenes, with a probe of the features before and after.
 */
import { type Command, Option } from 'commander';
import type { DemoEvent, DemoReport } from '../../demo/demo.js';
import { sceneClasses } from '../../demo/scenes.js';
import type { ProbeScores } from '../../features/probe/probe-scores.js';
import { demoPretrain } from '../../recipes/pretrain/demo.js';
import { natural, positive } from '../flags/option-values.js';
import { count, duration, significant } from '../output/format.js';
import { shownUntilStopped } from '../output/show-until-stopped.js';
import { showJson, showOnTerminal, showPlain } from '../output/terminal/progress.js';
import { TrainLog } from '../output/terminal/train-log.js';

interface DemoFlags {
  readonly out: string;
  readonly seed: number;
  readonly epochs: number;
  readonly device: string;
  readonly threads: number;
  readonly json?: boolean;
  readonly perClass: number;
}

/** Decoding these small images takes a fraction of one core. */
const workers = 1;

export function addDemo(command: Command): void {
  command
    .option('--out <folder>', 'the run directory; images go beside it', 'runs/demo')
    .option('--seed <n>', 'seed of images and weights', natural, 0)
    .option('--epochs <n>', 'passes over the images', positive, demoPretrain.duration.epochs)
    .option('--device <name>', 'cpu, cuda, cuda:N or mps', 'cpu')
    .option('--threads <n>', 'threads of libtorch; more slow so small a model down', positive, 1)
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
  const { out: directory, seed, epochs, device, threads, perClass: train } = flags;
  const { demo } = await import('../../demo/demo.js');
  const { completeSettings } = await import('../../training/run-settings.js');
  const perClass = { train, val: Math.ceil(train / 3) };
  const { onEvent, ...shown } = await shownUntilStopped(showing(flags));
  const options = completeSettings({ device, workers, threads, ...shown }, directory);
  const log = new TrainLog();
  for await (const event of demo({ ...options, seed, epochs, perClass })) {
    onEvent(event);
    if (!isOfDemo(event)) log.add(event);
  }
}

type OwnEvent = Extract<DemoEvent, { kind: 'scenes' | 'probed' | 'report' }>;

/** Whether an event is none of the run in it. */
function isOfDemo(event: DemoEvent): event is OwnEvent {
  return ['scenes', 'probed', 'report'].includes(event.kind);
}

function showing({ json }: DemoFlags): (event: DemoEvent) => void {
  return json ? showJson : showText();
}

function showText(): (event: DemoEvent) => void {
  const showTraining = process.stdout.isTTY ? showOnTerminal(process.stdout) : showPlain();
  return (event) => {
    switch (event.kind) {
      case 'scenes':
        return console.log(describeScenes(event));
      case 'probed':
        return event.moment === 'before' ? console.log(describeStart(event.scores)) : undefined;
      case 'finished':
        return;
      case 'report':
        return console.log(describeReport(event.report));
      default:
        return showTraining(event);
    }
  };
}

function describeScenes({ images, folder }: Extract<DemoEvent, { kind: 'scenes' }>): string {
  const { train, val } = images;
  return [
    `${count(train + val)} rendered scenes in ${folder}: ${sceneClasses.length} classes that differ in shapes and`,
    `their arrangement. Pre-training sees ${count(train)} of them, and no labels.`,
  ].join('\n');
}

function describeStart({ neighbours, linearProbe }: ProbeScores): string {
  return `Before pre-training: nearest neighbours ${percent(neighbours)}, linear probe ${percent(linearProbe)}.`;
}

function describeReport(report: DemoReport): string {
  const { images, before, after } = report;
  const row = (name: string, ...cells: string[]) =>
    `  ${name.padEnd(22)}${cells.map((cell) => cell.padStart(10)).join('')}`;
  const scores = (name: string, was: number, is: number) =>
    row(name, percent(was), percent(is), points(is - was));
  return [
    '',
    `Accuracy on ${count(images.val)} scenes that pre-training has not seen; guessing gives ${percent(1 / sceneClasses.length)}.`,
    '',
    row('Features of swin-micro', 'before', 'after', 'points'),
    scores('20 nearest neighbours', before.neighbours, after.neighbours),
    scores('linear probe', before.linearProbe, after.linearProbe),
    '',
    `  ${significant(report.imagesPerSecond)} images/s in pre-training, ${duration(report.totalSeconds)} in all`,
    '',
    `  Reconstructions   ${report.sheet}`,
    `  Run directory     ${report.directory}`,
    `  Scenes            ${report.scenes}`,
    '',
    'Next, on your own images:',
    '  um-mae pretrain --data ./photos --model swin-tiny --out runs/first',
  ].join('\n');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function points(difference: number): string {
  return `${difference < 0 ? '' : '+'}${(100 * difference).toFixed(1)}`;
}
