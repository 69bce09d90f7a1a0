/** `um-mae data split`: images to evaluate on, out of a folder of classes. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { counted } from '../../../counted.js';
import { splitImages } from '../../../data/curation/split.js';
import { openImages } from '../../../data/sources/open-images.js';
import { natural, place, share } from '../../flags/option-values.js';
import { excludeOption } from '../../flags/reading-flags.js';
import { count } from '../../output/format.js';
import { printRemarks } from '../../output/remarks.js';
import { shellWord } from '../../output/shell-word.js';

interface SplitFlags {
  readonly out: string;
  readonly val: number;
  readonly seed: number;
  readonly exclude?: readonly string[];
  readonly json?: boolean;
}

export function addSplit(data: Command): void {
  data
    .command('split')
    .description('Split a folder of classes into lists for --train and --val, class by class')
    .argument('<folder>', 'a folder with a folder of images for each class')
    .requiredOption('--out <folder>', 'folder for the lists; it must not hold anything', place)
    .option('--val <share>', 'share of each class to evaluate on', share, 0.2)
    .option('--seed <n>', 'another number chooses other images', natural, 0)
    .option(...excludeOption)
    .option('--json', 'print one JSON object')
    .action(split);
}

async function split(folder: string, { val, seed, exclude, json, ...flags }: SplitFlags) {
  const out = resolve(flags.out);
  const opened = await openImages([folder], { exclude, labelled: true });
  const report = await splitImages(opened, { out, share: val, seed });
  const { remarks } = opened;
  if (json) {
    console.log(JSON.stringify({ out, ...report, remarks }));
    return;
  }
  const classes = counted(report.classes, 'class', 'classes');
  console.log(
    `${counted(report.train, 'image')} to train on and ${count(report.val)} to evaluate on, of ${classes}, in ${out}`,
  );
  printRemarks(remarks);
  const [train, valid] = ['train', 'val'].map((part) => shellWord(`${flags.out}/${part}.txt`));
  console.log(`\nNext: um-mae finetune --from RUN --train ${train} --val ${valid}`);
}
