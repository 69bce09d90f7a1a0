/** A run on drawn scenes, and the commands that use its features, for tests. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { writeScenes } from '../../../demo/scenes.js';
import { refusal, temporaryFolder, tinyModel, umMae } from '../command-line.js';

/** A folder of scenes with a run on them, which goes when the test file has ended. */
export class SceneFolder {
  readonly root = temporaryFolder();
  /** Images of eight classes: 4 of each in `train`, 2 in `val`. */
  readonly data = this.at('data');
  readonly run = this.at('run');
  /** An image of the class 1. */
  readonly image = join(this.data, 'val/disc-above-square/0000.png');

  /** Draws the scenes, and makes the run. */
  async prepare(): Promise<void> {
    await writeScenes(this.data, { perClass: { train: 4, val: 2 }, seed: 1, size: 40 });
    await this.pretrain(this.run, '0');
  }

  at(name: string): string {
    return join(this.root, name);
  }

  async pretrain(out: string, seed: string): Promise<void> {
    const args = ['--data', this.data, ...tinyModel, '--batch-size', '8', '--epochs', '1'];
    expect(await umMae('pretrain', ...args, '--seed', seed, '--out', out)).toMatchObject({
      code: 0,
    });
  }
}

/** Gives a refusal that has at most one line of advice. */
export async function refusedInBrief(...args: readonly string[]): Promise<string> {
  const sentence = await refusal(...args);
  expect(sentence).toMatch(/^.*\n(.*\n)?$/);
  return sentence;
}
