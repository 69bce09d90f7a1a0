import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { programHost, refusal, temporaryFolder, writeImages } from '../testing/command-line.js';

const folder = temporaryFolder();
const host = programHost(
  fileURLToPath(new URL('../testing/host-without-kernels.js', import.meta.url)),
);

/** Attention over 65,536 tokens of an image takes 275 GB in bf16, what comes before it little. */
const huge = [
  ...['--model', 'vit-small', '--method', 'mae', '--precision', 'bf16'],
  ...['--image-size', '1024', '--patch', '2', '--set', 'backbone.depth=1'],
  ...['--set', 'backbone.channels=32', '--set', 'backbone.heads=32'],
  ...['--set', 'decoder.channels=16', '--set', 'decoder.heads=1', '--set', 'decoder.depth=1'],
];

describe('out of memory', () => {
  test('in training is a sentence with the batch size to try', async () => {
    const images = join(folder, 'images');
    await writeImages(images, 1);
    const run = ['--steps', '1', '--batch-size', '2', '--workers', '1'];
    const place = ['--data', images, '--out', join(folder, 'run')];
    const { code, stderr } = await host.run(['pretrain', ...huge, ...run, ...place]);
    expect(stderr).toBe(
      'um-mae: Expected 2 images at once to fit into the memory of cpu ' +
        'but got too little of it.\nTry --batch-size 1.\n',
    );
    expect(code).toBe(2);
  });

  test('with one image says what else there is', async () => {
    const { code, stderr } = await host.run(['bench', ...huge, '--batch-size', '1']);
    expect(stderr).toMatch(
      /^um-mae: Expected one image to fit into the memory of cpu .*\nTry --set/,
    );
    expect(code).toBe(2);
  });

  test('of the pixels themselves is one too', async () => {
    const sentence = await refusal('bench', '--model', 'swin-micro', '--batch-size', '2000000000');
    expect(sentence).toContain('Try --batch-size 1000000000.');
  });
});
