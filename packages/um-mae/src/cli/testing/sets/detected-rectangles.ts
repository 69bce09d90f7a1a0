/** Detectors that learn rectangles of two classes, for tests. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { putPart } from '../../../data/objects/testing/drawn-set.js';
import { seededRandom } from '../../../random.js';

/** The side of an image. */
export const side = 64;

/** Writes 8 images of two rectangles, one of each class, the same for both parts. */
export async function writeRectangles(data: string): Promise<void> {
  const random = seededRandom(7);
  const between = (low: number, high: number) => Math.floor(side * (low + (high - low) * random()));
  const images = Array.from({ length: 8 }, () => ({
    width: side,
    height: side,
    objects: [
      { label: 0, box: [between(0, 0.1), between(0, 0.1), between(0.3, 0.45), between(0.3, 0.45)] },
      {
        label: 1,
        box: [between(0.5, 0.6), between(0.5, 0.6), between(0.25, 0.4), between(0.25, 0.4)],
      },
    ] as const,
  }));
  const classes = ['dark', 'bright'];
  for (const part of ['train', 'val']) await putPart(data, part, { images, classes });
  const maps = join(data, 'stuffthingmaps/train');
  mkdirSync(maps, { recursive: true });
  for (const [i, { objects }] of images.entries()) {
    const bytes = stuffMap(objects);
    const image = sharp(bytes, { raw: { width: side, height: side, channels: 1 } });
    await image
      .toColourspace('b-w')
      .png()
      .toFile(join(maps, `${i}.png`));
  }
}

/** The class of every pixel: that of an object, or 2; without one in the first row. */
function stuffMap(
  objects: readonly { readonly label: number; readonly box: readonly number[] }[],
): Uint8Array {
  const map = new Uint8Array(side * side).fill(2);
  for (const { label, box } of objects) {
    const [left = 0, top = 0, width = 0, height = 0] = box;
    for (let y = top; y < top + height; y++) {
      map.fill(label, y * side + left, y * side + left + width);
    }
  }
  return map.fill(255, 0, side);
}

/** Values of a recipe as the command line takes them. */
export const sized = (...values: readonly string[]) => values.flatMap((value) => ['--set', value]);

/**
 * The command lines that train on the images of `writeRectangles`: a detector of boxes, Mask R-CNN,
 * its cascade, and HTC, a detector of as many parts as there are. `settings` name none.
 */
export function trainingOn(data: string) {
  const settings = [
    ...['finetune', '--from', 'none', '--model', 'swin-micro', '--patch', '4'],
    ...['--image-size', `${side}`, '--threads', '1', '--workers', '1', '--batch-size', '4'],
    ...['--json', '--data', data],
    ...sized(
      'backbone.channels=16',
      'projection.channels=32',
      'head.channels=32',
      'layerDecay=1',
      'dropPath=0',
      'learningRate={peak: 3e-3}',
      `input={kind: jitter, height: ${side}, width: ${side}, ratios: [1, 1]}`,
    ),
  ];
  const detection = [...settings, '--task', 'detection', ...sized('head.depth=1')];
  const instances = [
    ...[...settings, '--task', 'instances'],
    ...sized('head.maskDepth=1', 'head.boxChannels=64', 'head.anchorScale=6', 'head.regions=32'),
  ];
  const stages = [
    ...instances,
    ...sized(
      'head.boxLayers={convolutions: 1, linear: 1, norm: group}',
      'head.proposals={training: {ofLevel: 100, all: 100}, evaluation: {ofLevel: 60, all: 60}}',
      'inference.most=20',
    ),
  ];
  const cascade = [...stages, ...sized('head.kind=cascade', 'head.sharesBoxes=false')];
  const htc = [...stages, ...sized('head.kind=htc', 'head.stuff=3')];
  return { settings, detection, instances, cascade, htc };
}

/** 6 steps, with checkpoints in the middle of epochs. */
export const short = [
  ...['--epochs', '3', '--checkpoint-every', '2'],
  ...sized('instaBoost={}', 'globalBlock=true'),
  ...sized('evaluateEvery={epochs: 1}', 'logEvery=1', 'inference.leastScore=0.001'),
];
