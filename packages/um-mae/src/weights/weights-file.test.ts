import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tensor } from '@um-mae/torch';
import { writeSafetensors, writeTorchFile } from '@um-mae/torch/serialization';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../cli/testing/command-line.js';
import { readWeightsFile, type WeightsChoice } from './weights-file.js';

const folder = temporaryFolder();

/** A run with these files below `checkpoints`. */
function runOf(name: string, files: readonly string[]): string {
  for (const file of files) {
    const path = join(folder, name, 'checkpoints', `${file}.safetensors`);
    mkdirSync(dirname(path), { recursive: true });
    writeSafetensors(path, new Map([['weight', tensor([1])]]));
  }
  return join(folder, name);
}

const plain = runOf('plain', ['last/model', 'last/optimizer']);
const averaged = runOf('averaged', ['last/model', 'last/average', 'last/optimizer']);
const scored = runOf('scored', ['last/model', 'last/average', 'last/optimizer', 'best/model']);

describe('readWeightsFile', () => {
  const cases: [string, WeightsChoice | undefined, string, boolean][] = [
    [plain, undefined, 'last/model', true],
    [plain, 'last', 'last/model', true],
    [averaged, undefined, 'last/average', false],
    [averaged, 'average', 'last/average', false],
    [averaged, 'last', 'last/model', true],
    [scored, undefined, 'best/model', false],
    [scored, 'best', 'best/model', false],
    [scored, 'average', 'last/average', false],
    [scored, 'last', 'last/model', true],
  ];

  test.each(cases)('takes from the run %s, asked for %s, %s', (run, choice, name, hasOptimizer) => {
    const { path, optimizer } = readWeightsFile(run, choice);
    expect(path).toBe(join(run, 'checkpoints', `${name}.safetensors`));
    expect(optimizer() !== undefined).toBe(hasOptimizer);
  });

  test('takes the average of a checkpoint, too, and the last where they are asked for', () => {
    const checkpoint = join(averaged, 'checkpoints/last');
    expect(readWeightsFile(checkpoint).path).toBe(join(checkpoint, 'average.safetensors'));
    expect(readWeightsFile(checkpoint, 'last').path).toBe(join(checkpoint, 'model.safetensors'));
  });

  test('says what a run does not have, and that a file has no choice', () => {
    expect(() => readWeightsFile(plain, 'average')).toThrow(
      `Expected average weights in ${plain} but got none.`,
    );
    expect(() => readWeightsFile(averaged, 'best')).toThrow(
      `Expected best weights in ${averaged} but got none.`,
    );
    const nothing = join(folder, 'nothing');
    expect(() => readWeightsFile(nothing, 'last')).toThrow(
      `Expected a run, a checkpoint or a file of weights at ${nothing} but got none of them.`,
    );
    const file = join(folder, 'weights.pth');
    writeTorchFile(file, { weight: tensor([1]) });
    for (const path of [file, join(plain, 'checkpoints/last/model.safetensors')]) {
      expect(() => readWeightsFile(path, 'last')).toThrow(
        `Expected a run or a checkpoint, of which to take last weights, but got the file ${path}.`,
      );
    }
  });
});
