/** `um-mae predict`: what a fine-tuned classifier says of images. */
import { resolve } from 'node:path';
import { resolveDevice } from '@um-mae/torch';
import type { Command } from 'commander';
import { predictFiles } from '../../tasks/classification/predict.js';
import { readClassifier } from '../../weights/classifier-of.js';
import { percent } from '../format.js';
import { deviceOption, positive, workersOption } from '../option-values.js';
import { printable } from '../terminal.js';

interface PredictFlags {
  readonly top: number;
  readonly device: string;
  readonly workers: number;
  readonly json?: boolean;
}

export function addPredict(program: Command): void {
  program
    .command('predict')
    .description('Classify images with a fine-tuned classifier')
    .argument(
      '<run>',
      'a run of um-mae finetune, whose best weights are taken, or a file of weights',
    )
    .argument('<image...>', 'files')
    .option(
      '--top <n>',
      'number of classes to list for each image, the likeliest first',
      positive,
      5,
    )
    .option(...deviceOption)
    .option(...workersOption())
    .option('--json', 'print one JSON object per image')
    .action(run);
}

async function run(path: string, files: readonly string[], flags: PredictFlags): Promise<void> {
  const { top, workers, json } = flags;
  const device = resolveDevice(flags.device);
  const classifier = readClassifier(path, device);
  const paths = files.map((file) => resolve(file));
  for await (const { path: image, classes } of predictFiles(classifier, paths, {
    top,
    workers,
    device,
  })) {
    if (json) console.log(JSON.stringify({ path: image, predictions: classes }));
    else {
      const likeliest = classes.map(({ name, probability }) => `${name} ${percent(probability)}`);
      console.log(printable(`${image}: ${likeliest.join(', ')}`));
    }
  }
}
