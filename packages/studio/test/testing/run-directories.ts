/** Run directories without any training. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder that goes when the test file has ended. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'um-mae-studio-'));
  temporary.push(path);
  return path;
}

const temporary: string[] = [];
afterAll(() => {
  for (const path of temporary) rmSync(path, { recursive: true, force: true });
});

/** Returns a line of metrics for a step, with 10 steps per epoch. */
export function stepLine(step: number, numbers: object = {}): string {
  const measured = {
    loss: 1 / step,
    learningRate: 1e-4,
    gradientNorm: 0.5,
    imagesPerSecond: 100,
    dataWaitSeconds: 0.01,
    residentBytes: 5e8,
    peakTensorBytes: 1e8,
    elapsedSeconds: step / 10,
  };
  return JSON.stringify({ kind: 'step', step, epoch: step / 10, ...measured, ...numbers });
}

/** Writes the metrics of `count` steps. */
export function stepLines(count: number): string[] {
  return Array.from({ length: count }, (_, i) => stepLine(i + 1));
}

export interface WrittenRun {
  readonly lines?: readonly string[];
  readonly epochs?: number;
  readonly method?: string;
  readonly from?: string | undefined;
  readonly environment?: object;
}

/** A pre-training run of swin-tiny, by default finished after 2 epochs of 10 steps. */
export function writeRun(
  path: string,
  {
    lines = stepLines(20),
    epochs = 2,
    method = 'um-mae',
    from,
    environment = { layout: 1 },
  }: WrittenRun = {},
): void {
  mkdirSync(join(path, 'images'), { recursive: true });
  const backbone =
    '{kind: swin, channels: 96, depths: [2, 2, 6, 2], heads: [3, 6, 12, 24], window: 8, positionChannels: 32, patch: 4}';
  const recipe = `backbone: ${backbone}\nmethod: ${method}\nduration: {epochs: ${epochs}}\n`;
  const start = from === undefined ? '' : `from: ${from}\n`;
  writeFileSync(join(path, 'recipe.yaml'), recipe + start);
  writeFileSync(join(path, 'environment.json'), JSON.stringify(environment));
  writeFileSync(join(path, 'metrics.jsonl'), lines.map((line) => `${line}\n`).join(''));
}

/** A grey JPEG of 8 x 8 pixels in base64. */
const greyJpeg =
  '/9j/2wBDACgoKCgrKC0yMi0/RDxEP11VTk5VXYxkbGRsZIzVhZuFhZuF1bzkua255Lz//+vr////////////' +
  '////////////2wBDASgoKCgrKC0yMi0/RDxEP11VTk5VXYxkbGRsZIzVhZuFhZuF1bzkua255Lz//+vr////' +
  '////////////////////wgARCAAIAAgDASIAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQBAQAA' +
  'AAAAAAAAAAAAAAAAAAD/2gAMAwEAAhADEAAAAAP/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEBAAE/AH//' +
  'xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oACAECAQE/AH//xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oACAEDAQE/' +
  'AH//2Q==';

/**
 * A run of instance segmentation of one image, in which one object of two is found.
 *
 * @param from its initial weights. Default: none
 */
export function writeInstances(path: string, from = 'null'): void {
  mkdirSync(join(path, 'images'), { recursive: true });
  const backbone =
    '{kind: swin, channels: 32, depths: [1, 1, 2, 1], heads: [1, 2, 4, 8], window: 4, positionChannels: 16, patch: 4}';
  const recipe = `task: instances\nbackbone: ${backbone}\nfrom: ${from}\ndata: {train: /data, val: /data, classes: [cell, dust]}\n`;
  writeFileSync(join(path, 'recipe.yaml'), recipe);
  writeFileSync(join(path, 'environment.json'), JSON.stringify({ layout: 1 }));
  const evaluations = [1, 2].map((epoch) =>
    JSON.stringify({ kind: 'evaluation', step: epoch, epoch, boxAp: epoch / 4, maskAp: epoch / 5 }),
  );
  writeFileSync(join(path, 'metrics.jsonl'), evaluations.map((line) => `${line}\n`).join(''));
  const scores = { ap: 0.5, ap50: 0.75, ap75: 0.25, recall: 0.5 };
  const box = [2, 2, 4, 4];
  // 18 outside, 4 inside in each of 4 columns, of 8 rows.
  const mask = { size: [8, 8], counts: 'b04400000>' };
  const found = { label: 0, box, mask, score: 0.9, verdict: 'right' };
  const results = {
    version: 1,
    step: 2,
    epoch: 2,
    boxes: { AP: 0.5, AP50: 0.75, AR_100: null },
    masks: { AP: 0.4, AP50: 0.7, AR_100: null },
    classes: [
      { name: 'cell', objects: 2, boxes: scores, masks: scores },
      { name: 'dust', objects: 0, boxes: { ...scores, ap: null }, masks: { ...scores, ap: null } },
    ],
    curves: ['box', 'mask'].map((by) => ({
      label: 0,
      by,
      overlap: 0.5,
      precision: Array.from({ length: 101 }, (_, recall) => 1 - recall / 100),
    })),
    leastScore: 0.5,
    confusion: [
      [1, 0, 1],
      [0, 0, 0],
      [2, 0, 0],
    ],
    worst: [
      {
        path: '/data/val/plate.png',
        width: 8,
        height: 8,
        picture: greyJpeg,
        objects: [
          { label: 0, box, mask, isCrowd: false, isMissed: false },
          { label: 0, box: [0, 0, 2, 2], isCrowd: false, isMissed: true },
        ],
        found: [
          found,
          { ...found, box: [5, 5, 2, 2], score: 0.6, verdict: 'false' },
          { ...found, box: [4, 5, 2, 2], score: 0.2, verdict: null },
        ],
      },
    ],
  };
  writeFileSync(join(path, 'results.json'), JSON.stringify(results));
}
