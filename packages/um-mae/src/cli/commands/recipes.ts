/** `um-mae recipes`: the named recipes, and what the published runs of them reached. */
import type { Command } from 'commander';
import { namedDetection, namedInstances } from '../../recipes/detection/named.js';
import { finetuneRecipeNames, namedFinetuneRecipe } from '../../recipes/finetune/named.js';
import {
  type PublishedFinetuneRecipe,
  publishedFinetuneRecipes,
} from '../../recipes/finetune/published.js';
import { type PublishedRecipe, publishedRecipes } from '../../recipes/pretrain/published.js';
import { namedSegmentation } from '../../recipes/segmentation/named.js';

const deviceCounts = [1, 2, 4, 8] as const;

type Rows<Recipe> = readonly [name: string, recipe: Recipe][];

const pretraining: Rows<PublishedRecipe> = Object.entries(publishedRecipes);
const finetuning: Rows<PublishedFinetuneRecipe> = Object.entries(publishedFinetuneRecipes);

export function addRecipes(command: Command): void {
  command
    .option('--json', 'print one JSON object per line')
    .action(({ json }: { json?: boolean }) => (json ? printJson() : print()));
}

function printJson(): void {
  const unpublished = finetuneRecipeNames.filter((name) => !(name in publishedFinetuneRecipes));
  const all = [
    ...pretraining.map(([name, recipe]) => ({ name, command: 'pretrain', ...recipe })),
    ...finetuning.map(([name, recipe]) => ({ name, command: 'finetune', ...recipe })),
    ...unpublished.map((name) => ({
      name,
      command: 'finetune',
      recipe: namedFinetuneRecipe(name),
    })),
  ];
  const dense = denseTasks.flatMap(({ task, named }) =>
    Object.entries(named).map(([name, recipe]) => ({ name, command: 'finetune', task, recipe })),
  );
  for (const recipe of [...all, ...dense]) console.log(JSON.stringify(recipe));
}

function print(): void {
  console.log(
    'um-mae pretrain          top-1 %  hours on 8 GPUs  images a step on 1, 2, 4, 8 devices',
  );
  for (const [name, { recipe, topOne, hours }] of pretraining) {
    console.log(row(name, topOne, hours?.toFixed(1) ?? '-', recipe));
  }
  console.log('\num-mae finetune          top-1 %');
  for (const [name, { recipe, topOne }] of finetuning) console.log(row(name, topOne, '', recipe));
  console.log('small-data                     -  1,000 to 100,000 images; the default of finetune');
  console.log(
    'small-data-long                -  the same for thousands of steps, strongly augmented',
  );
  for (const { task, lines } of denseTasks) {
    console.log(`\num-mae finetune --task ${task}`);
    for (const [name, line] of Object.entries(lines)) console.log(`${name.padEnd(31)} ${line}`);
  }
  console.log('\nRun one: um-mae pretrain --recipe swin-tiny-um-200e --data FOLDER');
}

const segmentationLines: Readonly<Record<keyof typeof namedSegmentation, string>> = {
  'small-data-segmentation': 'hundreds of images; the default of this task',
  'upernet-swin-tiny': 'ADE20K as published, 512 px',
  'upernet-pvt-small': 'ADE20K as published, 512 px',
  'upernet-vit-base': 'ADE20K as published, 512 px: 48.15 % mean IoU',
  'upernet-swin-tiny-unprojected': "ADE20K as by Swin's authors, 512 px",
};

const detectionLines: Readonly<Record<keyof typeof namedDetection, string>> = {
  'small-data-detection': 'hundreds of images; the default of this task',
  'small-data-cascade-detection': 'the same by regions, whose boxes are refined in three stages',
  'gfl-swin-tiny': 'COCO as published, 25 epochs of 1024 px',
  'gfl-pvt-small': 'COCO as published, 25 epochs of 1024 px',
};

const instancesLines: Readonly<Record<keyof typeof namedInstances, string>> = {
  'small-data-instances': 'hundreds of images; the default of this task',
  'small-data-cascade-instances': 'the same in three stages, in 1.5 times the time',
  'small-data-htc-instances': 'the same with masks of refined boxes, in 1.8 times',
  'mask-rcnn-swin-tiny-1x': "COCO as by Swin's authors, 12 epochs: 43.7 % box AP, 39.8 % mask AP",
  'mask-rcnn-swin-tiny-3x': 'the same for 36 epochs: 46.0 % box AP, 41.6 % mask AP',
  'mask-rcnn-swin-small-3x': 'the same for 36 epochs: 48.5 % box AP, 43.3 % mask AP',
  'cascade-mask-rcnn-swin-tiny-1x': 'the same in three stages, 12 epochs: 48.1 %, 41.7 %',
  'cascade-mask-rcnn-swin-tiny-3x': 'the same in three stages, 36 epochs: 50.4 %, 43.7 %',
  'cascade-mask-rcnn-swin-small-3x': 'the same in three stages, 36 epochs: 51.9 %, 45.0 %',
  'cascade-mask-rcnn-swin-base-3x': 'the same in three stages, 36 epochs: 51.9 %, 45.0 %',
  'htc-swin-base-20e': 'COCO as by CBNetV2, 20 epochs (two such backbones: 58.4 %, 50.7 %)',
  'htc-swin-large-12e': 'COCO as by CBNetV2, 12 epochs',
  'htc-plus-swin-tiny-12e': 'HTC++ on COCO, 12 epochs; all of these take 16 images a step:',
  'htc-plus-swin-tiny-72e': '72 epochs; 1 x 16 in one process, or 1 x 2 in each of 8',
  'htc-plus-swin-small-12e': 'the same, 12 epochs',
  'htc-plus-swin-small-72e': 'the same, 72 epochs',
  'htc-plus-swin-base-12e': 'the same, 12 epochs',
  'htc-plus-swin-base-72e': 'the same, 72 epochs',
  'htc-plus-swin-large-12e': 'the same, 12 epochs',
  'htc-plus-swin-large-72e': 'the same, 72 epochs, as UM-MAE: 57.4 % box AP, 49.8 % mask AP',
};

/** Tasks on parts of images, with a line for each of their recipes. */
const denseTasks = [
  { task: 'segmentation', named: namedSegmentation, lines: segmentationLines },
  { task: 'detection', named: namedDetection, lines: detectionLines },
  { task: 'instances', named: namedInstances, lines: instancesLines },
] as const;

/** Batches of each device, and how many of them make a step. */
function row(
  name: string,
  topOne: number,
  hours: string,
  { batchSize, accumulation }: { readonly batchSize: number; readonly accumulation: number },
): string {
  const shares = deviceCounts.map((devices) => `${batchSize}x${accumulation / devices}`);
  const columns = [name.padEnd(24), topOne.toFixed(2).padStart(7), hours.padStart(16)];
  return `${columns.join(' ')}  ${shares.join(', ')}`;
}
