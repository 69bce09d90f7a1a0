/** Fine-tuning for `equality.mjs`: small networks for every task, and drawn images for them. */
import { join } from 'node:path';
import { writeSquares } from '../../packages/um-mae/dist/cli/testing/sets/squares.js';
import { putPart } from '../../packages/um-mae/dist/data/objects/testing/drawn-set.js';
import { writeScenes } from '../../packages/um-mae/dist/demo/scenes.js';
import { labelledKindOf } from '../../packages/um-mae/dist/recipes/kind.js';

const side = 64;
const small = { height: 32, width: 32 };

const common = {
  backbone: {
    kind: 'swin',
    channels: 8,
    depths: [1, 1, 1, 1],
    heads: [1, 1, 1, 1],
    window: 2,
    positionChannels: 8,
    patch: 4,
  },
  from: null,
  image: small,
  batchSize: 12,
  duration: { steps: 20 },
  learningRate: { peak: 1e-3 },
  evaluateEvery: { share: 1 },
  logEvery: 1,
};

const options = {
  dropPath: 0.3,
  accumulation: 2,
  batchSize: 6,
  averageDecay: 0.9,
  checkpointing: true,
};

const objects = {
  image: { height: side, width: side },
  projection: { channels: 16 },
  input: { kind: 'jitter', height: side, width: side, ratios: [0.5, 1.5] },
};

const heads = {
  gfl: { kind: 'gfl', channels: 16, depth: 1 },
  'mask-rcnn': { kind: 'mask-rcnn', channels: 16, boxChannels: 32, anchors: 16, regions: 12 },
};

/** Images with objects in two classes, and their places. */
const drawn = Array.from({ length: 26 }, (_, i) => ({
  width: side,
  height: side,
  objects: [
    { label: 0, box: [i % 9, 2, 24, 20] },
    { label: 1, box: [30, 20 + (i % 7), 26, 22] },
  ],
}));

/** Draws the images into a folder. @returns recipes by the name of the case */
export async function finetuning(folder) {
  const at = (name) => join(folder, name);
  const dataOf = (train, val = train) => ({ train: at(train), val: at(val), maxUnreadable: 0.5 });
  await writeScenes(at('scenes'), { perClass: { train: 4, val: 1 }, seed: 1, size: 40 });
  await writeSquares(at('squares'), { train: 26, val: 2 });
  for (const part of ['train', 'val'])
    await putPart(at('drawn'), part, { images: drawn, classes: ['dark', 'bright'] });
  const tasks = {
    classification: {
      data: dataOf('scenes/train', 'scenes/val'),
      augmentation: { erasing: 0.7 },
      mixing: { mixup: 0, cutmix: 0 },
    },
    segmentation: {
      task: 'segmentation',
      data: dataOf('squares'),
      crop: small,
      scale: { long: 64, short: 32 },
      head: { channels: 8, projection: { channels: 8 }, auxiliary: { channels: 8 }, dropout: 0.3 },
    },
    detection: { task: 'detection', data: dataOf('drawn'), ...objects, head: heads.gfl },
    instances: { task: 'instances', data: dataOf('drawn'), ...objects, head: heads['mask-rcnn'] },
  };
  return Object.fromEntries(
    Object.entries(tasks).flatMap(([name, task]) =>
      Object.entries({ '': {}, ', all options': options }).map(([suffix, more]) => {
        const recipe = { ...common, ...task, ...more };
        return [`${name}${suffix}`, labelledKindOf(recipe).schema.parse(recipe)];
      }),
    ),
  );
}
