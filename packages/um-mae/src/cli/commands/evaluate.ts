/** `um-mae evaluate`: how well a fine-tuned classifier does on images whose classes are known. */
import { resolve } from 'node:path';
import { resolveDevice } from '@um-mae/torch';
import { replaceFile } from '@um-mae/torch/serialization';
import type { Command } from 'commander';
import { openClassifiedImages } from '../../data/classified-images.js';
import { renderConfusion } from '../../pictures/confusion-picture.js';
import { evaluateClassifier } from '../../tasks/classification/classification.js';
import { readClassifier } from '../../weights/classifier-of.js';
import { counted, percent, significant } from '../format.js';
import { dataRootOption, deviceOption, png, workersOption } from '../option-values.js';
import { complainOfSkipped } from '../skipped-images.js';

interface EvaluateFlags {
  readonly data?: string;
  readonly dataRoot?: string;
  readonly confusion?: string;
  readonly device: string;
  readonly workers: number;
  readonly json?: boolean;
}

export function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description('Measure a fine-tuned classifier on images with classes')
    .argument(
      '<run>',
      'a run of um-mae finetune, whose best weights are taken, or a file of weights',
    )
    .option('--data <path>', 'images of the same classes (default: what the run was evaluated on)')
    .option(...dataRootOption)
    .option('--confusion <png>', 'write a picture of the confusion matrix', png)
    .option(...deviceOption)
    .option(...workersOption())
    .option('--json', 'print one JSON object, with the confusion matrix and the skipped images')
    .action(run);
}

async function run(path: string, flags: EvaluateFlags): Promise<void> {
  const { workers } = flags;
  const device = resolveDevice(flags.device);
  const { model, classes, recipe } = readClassifier(path, device);
  const data = flags.data === undefined ? recipe.data.val : resolve(flags.data);
  const given = flags.dataRoot === undefined ? null : resolve(flags.dataRoot);
  const root = flags.data === undefined ? (given ?? recipe.data.root) : given;
  const images = await openClassifiedImages(data, { root, classes });
  const { scores, confusion, skipped } = await evaluateClassifier(model, images, {
    device,
    workers,
  });
  const { topOne, topFive, perClass, loss } = scores;
  complainOfSkipped(skipped);
  if (flags.confusion !== undefined) {
    const note = `${percent(topOne)} of ${counted(scores.images, 'image')} right. Numbers are per cent of a row.`;
    const picture = await renderConfusion({ title: 'Confusion', note, classes, confusion });
    replaceFile(flags.confusion, (append) => append(picture));
  }
  if (flags.json) console.log(JSON.stringify({ data, ...scores, classes, confusion, skipped }));
  else {
    console.log(`${counted(scores.images, 'image')} of ${data}`);
    console.log(
      `top-1 ${percent(topOne)}  top-5 ${percent(topFive)}  mean per-class accuracy ${percent(perClass)}  loss ${significant(loss, 4)}`,
    );
  }
}
