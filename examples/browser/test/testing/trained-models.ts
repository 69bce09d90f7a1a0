/** Models that the real command line trains and exports, for tests. */
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { expect } from 'vitest';
import { tinyModel, umMae } from '../../../../packages/studio/dist/test/testing/um-mae.js';
import type { ClassProbability } from './page-actions.js';
import { writePictures, writeSegments } from './pictures.js';

/** Runs the command line, and expects that it ends well. */
export async function succeed(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await umMae(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

/** Asks the command line for the classes of image files, by the names of the files. */
export async function predictions(
  run: string,
  files: readonly string[],
): Promise<Map<string, ClassProbability[]>> {
  const lines = await succeed('predict', run, ...files, '--json');
  const parsed = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return new Map(parsed.map(({ path, predictions }) => [basename(path), predictions]));
}

/** Writes `classes.onnx`, a classifier of the run `run`, and `features.onnx`, its backbone. */
export async function trainClassifier(folder: string, classes: readonly string[]): Promise<void> {
  const at = (name: string) => join(folder, name);
  for (const [place, name] of classes.entries()) {
    for (const side of ['train', 'val']) {
      await writePictures(at(`data/${side}/${name}`), { count: 4, seed: 10 * place });
    }
  }
  const train = ['finetune', '--from', 'none', '--data', at('data'), ...tinyModel];
  await succeed(...train, '--lr', '0.01', '--batch-size', '4', '--steps', '6', '--out', at('run'));
  await succeed('export', at('run'), '--out', at('classes.onnx'));
  await succeed(
    'export',
    at('run'),
    '--out',
    at('features.onnx'),
    '--kind',
    'backbone',
    '--batch',
    '2',
  );
}

const tiny = ['--set', 'backbone.channels=8', '--set', 'backbone.heads=[1, 1, 1, 1]'];
const head = ['channels', 'projection.channels', 'auxiliary.channels'];
const smallHead = head.flatMap((name) => ['--set', `head.${name}=8`]);

/** Writes `any.onnx` and `road.onnx`, graphs of the segmentor of the run `road`. */
export async function trainSegmentor(folder: string): Promise<void> {
  const at = (name: string) => join(folder, name);
  for (const side of ['train', 'val']) await writeSegments(at('segments'), side, 4);
  const train = ['finetune', '--task', 'segmentation', '--from', 'none', ...tiny, ...smallHead];
  const crop = ['--set', 'crop={height: 32, width: 32}', '--model', 'swin-micro'];
  const steps = ['--image-size', '32', '--batch-size', '2', '--steps', '30', '--lr', '0.01'];
  const out = ['--data', at('segments'), '--out', at('road')];
  await succeed(...train, ...crop, ...steps, ...out);
  await succeed('export', at('road'), '--out', at('any.onnx'), '--size', 'dynamic');
  await succeed('export', at('road'), '--out', at('road.onnx'), '--argmax');
}

/** Draws images of two objects, with maps of stuff. */
async function drawCells(folder: string): Promise<void> {
  const drawn = new URL('data/objects/testing/drawn-set.js', import.meta.resolve('um-mae')).href;
  const { putPart } = await import(drawn);
  const objects = [
    { label: 0, box: [4, 4, 20, 24] },
    { label: 1, box: [36, 30, 22, 20] },
  ];
  const images = Array.from({ length: 4 }, () => ({ width: 64, height: 64, objects }));
  for (const part of ['train', 'val']) {
    await putPart(folder, part, { images, classes: ['dark', 'bright'] });
  }
  mkdirSync(join(folder, 'stuffthingmaps/train'), { recursive: true });
  for (const i of images.keys()) {
    const map = sharp({ create: { width: 64, height: 64, channels: 3, background: 'black' } });
    await map
      .toColourspace('b-w')
      .png()
      .toFile(join(folder, `stuffthingmaps/train/${i}.png`));
  }
}

/** Writes `cells.onnx` and the files beside it, the detector of the run `cells`. */
export async function trainDetector(folder: string): Promise<void> {
  const at = (name: string) => join(folder, name);
  await drawCells(at('drawn'));
  const sizes = [
    'input={kind: jitter, height: 64, width: 64}',
    'head.kind=htc',
    'head.stuff=2',
    'head.channels=16',
    'head.boxChannels=32',
    'head.maskDepth=1',
    'projection.channels=16',
    'inference.leastScore=0.01',
  ].flatMap((value) => ['--set', value]);
  const train = ['finetune', '--task', 'instances', '--from', 'none', '--model', 'swin-micro'];
  const shape = ['--patch', '4', '--image-size', '64', '--set', 'backbone.channels=16'];
  const pace = ['--batch-size', '2', '--steps', '2', '--data', at('drawn')];
  await succeed(...train, ...shape, ...sizes, ...pace, '--out', at('cells'));
  await succeed('export', at('cells'), '--out', at('cells.onnx'));
}
