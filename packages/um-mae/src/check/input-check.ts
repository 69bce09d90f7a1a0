/** Checks that a step on a device draws and reads the same inputs as on the CPU. */
import { Generator, type Tensor } from '@um-mae/torch';
import { PretrainTask } from '../tasks/pretrain/pretrain-task.js';
import { attempt, type Check, check, distance } from './check.js';
import type { SmallTask } from './subjects.js';

/** Relative, of images that the device mixes; masks and levels have to be equal. */
const allowed = 1e-6;

export function inputCheck({ name, task, batch }: SmallTask, device: string): readonly Check[] {
  const drawn = task('f32');
  const isPretraining = drawn instanceof PretrainTask;
  const what = `${name}: ${isPretraining ? 'images and masks' : 'images and targets'}`;
  const subject = { what, precision: 'f32' };
  return attempt(subject, () => {
    const model = drawn.build(new Generator(0));
    const inputsOn = (place: string): [string, Tensor][] =>
      Object.entries(drawn.inputs(model, batch, { generator: new Generator(1), device: place }));
    const found = new Map(inputsOn(device));
    const expected = inputsOn('cpu');
    const differences = expected.map(([input, theirs]) => {
      const ours = found.get(input);
      return ours ? distance(ours, theirs) : Number.NaN;
    });
    return [check(subject, Math.max(...differences), isPretraining ? 0 : allowed)];
  });
}
