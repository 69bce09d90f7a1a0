/** A run that is stopped and resumed on a device, against the same run without a pause. */
import { canRecord } from '@um-mae/torch';
import { Trainer } from '../training/steps/trainer.js';
import { attempt, type Check, check } from './check.js';
import type { SmallTask } from './subjects.js';

/** Steps before the pause, and after it; on a GPU the run without a pause records in the latter. */
const half = 3;

/** Relative. */
const allowed = 1e-4;

export function resumeCheck({ name, task, batch }: SmallTask, device: string): readonly Check[] {
  const subject = { what: `${name}: losses after a pause`, precision: 'f32' };
  return attempt(subject, () => {
    const train = (trainer: Trainer) =>
      Array.from({ length: half }, () => {
        const loss = trainer.accumulate(batch);
        trainer.update(1e-4);
        return loss.total.value();
      });
    const straight = new Trainer(task('f32'), device);
    train(straight);
    const resumed = new Trainer(task('f32'), device, { records: !canRecord(device) });
    resumed.load(straight.save());
    const losses = train(resumed);
    const differences = train(straight).map((theirs, i) =>
      Math.abs((losses[i] ?? Number.NaN) / theirs - 1),
    );
    return [check(subject, Math.max(...differences), allowed)];
  });
}
