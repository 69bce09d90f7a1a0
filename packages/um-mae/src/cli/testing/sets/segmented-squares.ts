/** A segmentor that learns squares and discs in a few steps, for tests. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { temporaryFolder, umMae } from '../command-line.js';
import { writeSquares } from './squares.js';

/** 8 images: 2 steps of 4 an epoch, 6 in all, with checkpoints in the middle of epochs. */
export const segmentationSettings: readonly string[] = [
  ...['finetune', '--task', 'segmentation', '--from', 'none', '--model', 'swin-micro'],
  ...['--image-size', '32', '--threads', '1', '--workers', '1', '--batch-size', '4'],
  ...['--epochs', '3', '--checkpoint-every', '2', '--json'],
  ...[
    'backbone.channels=8',
    'backbone.heads=[1, 1, 1, 1]',
    'head.channels=8',
    'head.projection.channels=8',
    'head.auxiliary.channels=8',
    'crop={height: 32, width: 32}',
    'inference.mirrored=true',
    'evaluateEvery={epochs: 1}',
    'logEvery=1',
  ].flatMap((value) => ['--set', value]),
];

/** A folder of images with a run on them, which goes when the test file has ended. */
export class SegmentedSquares {
  readonly folder = temporaryFolder();
  /** Images with masks: 8 to learn from, 3 to evaluate on. */
  readonly data = join(this.folder, 'squares');
  readonly run = join(this.folder, 'run');

  /** Draws the images, and makes the run. */
  async prepare(...more: readonly string[]): Promise<void> {
    await writeSquares(this.data, { train: 8, val: 3 });
    const args = [...segmentationSettings, ...more, '--data', this.data, '--out', this.run];
    const { code, stderr } = await umMae(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }
}
