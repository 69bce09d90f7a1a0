/** `um-mae predict`: what a fine-tuned network says of images. */
import { resolve } from 'node:path';
import { resolveDevice } from '@um-mae/torch';
import type { Command } from 'commander';
import { readTrained } from '../../tasks/finetune/trained.js';
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
    .description('Say what images show, by a fine-tuned network')
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
  const { task, ...trained } = readTrained(path, device);
  const paths = files.map((file) => resolve(file));
  for await (const { path: image, report, text } of task.predict(trained, paths, {
    top,
    workers,
    device,
  })) {
    if (json) console.log(JSON.stringify({ path: image, ...report }));
    else console.log(printable(`${image}: ${text}`));
  }
}
