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
  readonly environment?: object;
}

/** A pre-training run of swin-tiny, by default finished after 2 epochs of 10 steps. */
export function writeRun(
  path: string,
  {
    lines = stepLines(20),
    epochs = 2,
    method = 'um-mae',
    environment = { layout: 1 },
  }: WrittenRun = {},
): void {
  mkdirSync(join(path, 'images'), { recursive: true });
  const backbone =
    '{kind: swin, channels: 96, depths: [2, 2, 6, 2], heads: [3, 6, 12, 24], window: 8, positionChannels: 32, patch: 4}';
  const recipe = `backbone: ${backbone}\nmethod: ${method}\nduration: {epochs: ${epochs}}\n`;
  writeFileSync(join(path, 'recipe.yaml'), recipe);
  writeFileSync(join(path, 'environment.json'), JSON.stringify(environment));
  writeFileSync(join(path, 'metrics.jsonl'), lines.map((line) => `${line}\n`).join(''));
}
