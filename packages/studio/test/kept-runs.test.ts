/** The server shows run directories that an earlier version of the program wrote. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Studio, serveStudio } from '../server/index.js';
import type { FeatureMap } from '../shared/protocol/features.js';
import type { ClassificationResults, RunResults } from '../shared/protocol/results.js';
import type { RunDetails } from '../shared/protocol/run-details.js';
import type { RunList } from '../shared/protocol/runs.js';
import type { Series } from '../shared/protocol/series.js';
import { temporaryFolder } from './testing/run-directories.js';

const kept = fileURLToPath(
  new URL('../fixtures/runs/', new URL('.', import.meta.resolve('um-mae'))),
);
const folder = temporaryFolder();
let studio: Studio;

beforeAll(async () => {
  for (const name of ['pretraining', 'finetuning']) {
    const copy = join(folder, name);
    cpSync(join(kept, name), copy, { recursive: true, verbatimSymlinks: true });
  }
  studio = await serveStudio({ folder, host: '127.0.0.1', port: 0 });
});
afterAll(() => studio.close());

async function get<Value>(path: string): Promise<Value> {
  const response = await fetch(new URL(path, studio.url));
  if (!response.ok) expect.fail(`${path}: ${await response.text()}`);
  return response.json() as Promise<Value>;
}

async function runOf(name: string) {
  const { runs } = await get<RunList>('/api/runs');
  return runs.find((run) => run.name === name) ?? expect.fail(`no run ${name}`);
}

describe('a run of pre-training that was interrupted', () => {
  test('is listed with its losses, its recipe and its picture', async () => {
    const run = await runOf('pretraining');
    expect(run).toMatchObject({ state: 'stopped', task: 'pretrain', method: 'um-mae', step: 9 });
    expect(run).toMatchObject({ steps: 18, problem: null });
    const { curves, epochs } = await get<Series>(`/api/runs/${run.id}/series`);
    expect(curves.loss.mean).toHaveLength(9);
    expect(epochs.linearProbe?.y).toEqual([0.25]);
    const { recipe, sheet } = await get<RunDetails>(`/api/runs/${run.id}`);
    expect(recipe).toContain('method: um-mae');
    expect(sheet).not.toBeNull();
  });

  test('shows its features', async () => {
    const { id } = await runOf('pretraining');
    const path = `/api/runs/${id}/features/train.safetensors`;
    const features = await get<FeatureMap>(path);
    expect(features).toMatchObject({ channels: 16, stages: [2], pooling: 'mean' });
    expect(features.paths).toHaveLength(24);
    expect(features.classes).toHaveLength(8);
  });
});

describe('a run of fine-tuning that is finished', () => {
  test('is listed with its scores, its confusions and its mistakes', async () => {
    const run = await runOf('finetuning');
    expect(run).toMatchObject({
      state: 'finished',
      task: 'classification',
      command: 'finetune',
      step: 6,
      problem: null,
    });
    const { classes, best } = await get<RunResults<ClassificationResults>>(
      `/api/runs/${run.id}/results`,
    );
    expect(classes).toContain('disc-above-square');
    expect(best?.step).toBe(6);
    expect(best?.confusion).toHaveLength(8);
    expect(best?.recognised).toEqual({
      images: 8,
      share: 1 / 8,
      interval: [expect.closeTo(0.0224, 4), expect.closeTo(0.4709, 4)],
      chance: 1 / 8,
    });
    expect(best?.mistakes).toHaveLength(7);
    const { epochs } = await get<Series>(`/api/runs/${run.id}/series`);
    expect(epochs.topOne?.y).toEqual([0, 0.125]);
  });
});
