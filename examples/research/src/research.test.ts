/** The examples, trained for a few steps on tiny images. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { load, type PretrainOptions, pretrain } from 'um-mae';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lowFrequencies } from './low-frequencies.js';
import { poolFormer } from './pool-former.js';
import { rotation } from './rotation.js';

const folder = mkdtempSync(join(tmpdir(), 'um-mae-research-'));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  mkdirSync(at('photos'));
  for (let i = 0; i < 8; i++) {
    const background = { r: 30 * i, g: 255 - 30 * i, b: 90 };
    const image = sharp({ create: { width: 40, height: 40, channels: 3, background } });
    await image.png().toFile(at(`photos/${i}.png`));
  }
});

const swin = {
  kind: 'swin',
  channels: 8,
  depths: [1, 1, 1],
  heads: [1, 1, 1],
  window: 2,
  positionChannels: 16,
  patch: 4,
} as const;
const common: PretrainOptions = {
  data: at('photos'),
  image: { height: 32, width: 32 },
  decoder: { channels: 16, depth: 1, heads: 1 },
  batchSize: 4,
  logEvery: 1,
  steps: 4,
  threads: 1,
  workers: 1,
};

const weightsOf = (run: string) =>
  readFileSync(at(`${run}/checkpoints/last/model.safetensors`), 'base64');

/** Trains to the end, and again with a stop after a step. @returns both runs' weights */
async function stopAndResume(name: string, options: PretrainOptions): Promise<[string, string]> {
  const whole = { ...common, ...options, out: at(name) };
  const summary = await pretrain(whole);
  expect(summary).toMatchObject({ step: 4, loss: expect.any(Number) });
  const stop = new AbortController();
  const stopped = { ...whole, out: at(`${name}-stopped`) };
  const onEvent = ({ kind }: { readonly kind: string }) => kind === 'step' && stop.abort();
  await pretrain({ ...stopped, signal: stop.signal, onEvent: (event) => void onEvent(event) });
  expect(await pretrain({ ...stopped, mode: 'resume' })).toMatchObject({ step: 4 });
  return [weightsOf(name), weightsOf(`${name}-stopped`)];
}

describe('an objective of a program', () => {
  test('is trained, recorded, resumed to the bit, and leaves an encoder and a sheet', async () => {
    const [whole, stopped] = await stopAndResume('rotation', {
      backbone: swin,
      objective: rotation,
    });
    expect(stopped).toBe(whole);
    expect(readFileSync(at('rotation/recipe.yaml'), 'utf8')).toMatch(
      /^objective:\n {2}name: rotation$/m,
    );
    expect((await sharp(at('rotation/images/epoch-0002.png')).metadata()).format).toBe('png');
    using frozen = await load(at('rotation'));
    using features = await frozen.features([at('photos/0.png')]);
    expect(features.embedding.shape).toEqual([1, 112]);
  });

  test('is asked for where a run goes on without it, or with another', async () => {
    const again = { ...common, out: at('rotation'), mode: 'resume' } as const;
    await expect(pretrain(again)).rejects.toThrow(
      'Expected an objective of um-mae but got rotation, of another program.',
    );
    await expect(pretrain({ ...again, objective: lowFrequencies })).rejects.toThrow(
      'Expected `objective.name` "rotation", as in the run in',
    );
  });

  test('has a target of its own', async () => {
    const summary = await pretrain({
      ...common,
      out: at('low'),
      backbone: swin,
      objective: lowFrequencies,
      steps: 2,
    });
    expect(summary.step).toBe(2);
  });
});

describe('a backbone of a program', () => {
  test('is trained by uniform masking, and loaded by who has it', async () => {
    const [whole, stopped] = await stopAndResume('pool', { backbone: poolFormer });
    expect(stopped).toBe(whole);
    using frozen = await load(at('pool'), { backbone: poolFormer });
    using features = (await frozen.extract(at('photos'))).features;
    expect(features.shape).toEqual([8, 64]);
    await expect(load(at('pool'))).rejects.toThrow(
      'Expected the backbone pool-former of another program but got none.',
    );
  });
});
