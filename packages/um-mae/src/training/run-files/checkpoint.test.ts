import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tensor } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../cli/testing/command-line.js';
import { parsePretrainRecipe } from '../../recipes/parse.js';
import { swinMicro } from '../../recipes/pretrain/folder.js';
import { openWeights } from '../../weights/open-weights.js';
import { openCheckpoints, readLastCheckpoint, writeCheckpoint } from './checkpoint.js';
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

  test('are refused when damaged or not there', () => {
    const folder = temporaryFolder();
    write(folder, 1);
    expect(openWeights(join(folder, 'last')).recipe).toEqual(recipe);
    expect(() => openWeights(join(folder, 'nothing'))).toThrow('Expected a run, a checkpoint or');
    writeFileSync(join(folder, 'last/state.json'), '{"step": 1');
    expect(() => readLastCheckpoint(folder)).toThrow('but it is damaged');
    writeFileSync(join(folder, 'last/model.safetensors'), 'torn');
    expect(() => readLastCheckpoint(folder)).toThrow(/Expected a safetensors file in /);
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
