import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { tensor } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../cli/testing/command-line.js';
import { parsePretrainRecipe } from '../../../recipes/parse.js';
import { swinMicro } from '../../../recipes/pretrain/folder.js';
import { openWeights } from '../../../weights/open-weights.js';
import {
  openCheckpoints,
  readLastCheckpoint,
  writeBest,
  writeCheckpoint,
  writeLookDone,
} from './checkpoint.js';
import type { TrainingState } from './training-state.js';

const recipe = parsePretrainRecipe(swinMicro);

function stateOf(step: number): TrainingState {
  return {
    version: 1,
    step,
    epoch: 0,
    batch: step,
    isLookDue: false,
    elapsedSeconds: 1,
    skipped: [],
    masks: '',
    losses: { sum: 0, batches: 0 },
    scaler: null,
    images: { count: 1, digest: '' },
  };
}

function write(folder: string, step: number, name = `step-${step}`): void {
  const tensors = new Map([['weight', tensor([step])]]);
  const named = { model: tensors, optimizer: tensors, average: undefined };
  const checkpoint = { ...named, state: stateOf(step) };
  writeCheckpoint(folder, checkpoint, { name, recipe });
}

describe('checkpoints', () => {
  test('replace one another, except those that are kept', () => {
    const folder = temporaryFolder();
    expect(readLastCheckpoint(folder)).toBe(undefined);
    write(folder, 1);
    write(folder, 2, 'epoch-0001');
    write(folder, 3);
    write(folder, 4);
    expect(readdirSync(folder).sort()).toEqual(['epoch-0001', 'last', 'step-4']);
    expect(readLastCheckpoint(folder)?.state).toEqual(stateOf(4));
  });

  test('leave nothing behind when the run was killed while writing', () => {
    const folder = temporaryFolder();
    write(folder, 1);
    cpSync(join(folder, 'step-1'), join(folder, 'step-2'), { recursive: true });
    for (const leftover of ['step-3.partial', 'epoch-0001.partial']) {
      mkdirSync(join(folder, leftover));
    }
    symlinkSync('step-2', join(folder, 'last.partial'));
    openCheckpoints(folder);
    expect(readdirSync(folder).sort()).toEqual(['last', 'step-1']);
  });

  test('are found again when a copy has lost or followed the link', () => {
    const folder = temporaryFolder();
    write(folder, 1, 'epoch-0001');
    write(folder, 2);
    rmSync(join(folder, 'last'));
    openCheckpoints(folder);
    expect(readLastCheckpoint(folder)?.state.step).toBe(2);

    const copy = temporaryFolder();
    cpSync(folder, copy, { recursive: true, dereference: true });
    openCheckpoints(copy);
    expect(readLastCheckpoint(copy)?.state.step).toBe(2);
    write(copy, 3);
    expect(readdirSync(copy).sort()).toEqual(['epoch-0001', 'last', 'step-3']);
  });

  test('are written again when they were kept before', () => {
    const folder = temporaryFolder();
    write(folder, 1, 'epoch-0001');
    write(folder, 2);
    write(folder, 3, 'epoch-0001');
    expect(readLastCheckpoint(folder)?.state.step).toBe(3);
  });

  test('are whole after SIGKILL at any moment', async () => {
    const folder = temporaryFolder();
    for (let attempt = 0; attempt < 6; attempt++) {
      await killedWriter(folder, { firstStep: 1 + 1000 * attempt, delayMs: 20 + 7 * attempt });
      const last = readLastCheckpoint(folder);
      const step = last?.state.step ?? -1;
      expect(last?.model.get('weight')?.at(0).number()).toBe(step);
      expect(last?.optimizer.get('weight')?.at(-1).number()).toBe(step);
      expect(step).toBeGreaterThan(1000 * attempt);
    }
  });

  test('say that a bit has flipped, unless they are not to be compared', () => {
    const folder = temporaryFolder();
    write(folder, 1);
    const flip = (name: string) => {
      const path = join(folder, 'last', name);
      const bytes = readFileSync(path);
      const at = name === 'state.json' ? bytes.indexOf('1,\n') : bytes.length - 3;
      bytes[at] = (bytes[at] ?? 0) ^ 2;
      writeFileSync(path, bytes);
    };
    writeLookDone(folder);
    expect(readLastCheckpoint(folder)?.state.step).toBe(1);
    for (const name of ['model.safetensors', 'optimizer.safetensors', 'state.json']) {
      flip(name);
      expect(() => readLastCheckpoint(folder)).toThrow(`last/${name} as it was written but got`);
      if (name === 'model.safetensors') {
        expect(() => openWeights(join(folder, 'last'))).toThrow('another SHA-256');
        expect(openWeights(join(folder, 'last'), 'last', { verify: false }).tensors.size).toBe(1);
        expect(readLastCheckpoint(folder, false)?.model.get('weight')?.at(0).number()).not.toBe(1);
      }
      flip(name);
    }
    const best = { recipe, scores: {} };
    for (const value of [1, 2]) writeBest(folder, new Map([['weight', tensor([value])]]), best);
    expect(openWeights(join(folder, 'best')).tensors.get('weight')?.at(0).number()).toBe(2);
    rmSync(join(folder, 'last/state.json'));
    expect(openWeights(join(folder, 'last')).recipe).toEqual(recipe);
  });

  test('are refused when damaged or not there', () => {
    const folder = temporaryFolder();
    write(folder, 1);
    expect(openWeights(join(folder, 'last')).recipe).toEqual(recipe);
    expect(() => openWeights(join(folder, 'nothing'))).toThrow('Expected a run, a checkpoint or');
    writeFileSync(join(folder, 'last/state.json'), '{"step": 1');
    expect(() => readLastCheckpoint(folder)).toThrow('but it is damaged');
    writeFileSync(join(folder, 'last/model.safetensors'), 'torn');
    expect(() => readLastCheckpoint(folder)).toThrow('but it is damaged');
  });
});

/**
 * Starts a program that writes checkpoint after checkpoint, and kills it some time after the first.
 */
function killedWriter(
  folder: string,
  { firstStep, delayMs }: { firstStep: number; delayMs: number },
): Promise<void> {
  const program = `
    import { tensor } from '@um-mae/torch';
    import { writeCheckpoint } from '${new URL('./checkpoint.js', import.meta.url)}';
    const state = ${JSON.stringify(stateOf(0))};
    for (let step = ${firstStep}; ; step++) {
      const tensors = new Map([['weight', tensor(Array(100_000).fill(step))]]);
      const checkpoint = { model: tensors, optimizer: tensors, state: { ...state, step } };
      writeCheckpoint('${folder}', checkpoint, { name: 'step-' + step, recipe: {} });
      if (step === ${firstStep}) console.log('first');
    }`;
  const args = ['--input-type=module', '--eval', program];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), delayMs));
  return new Promise((resolve) => child.on('close', () => resolve()));
}
