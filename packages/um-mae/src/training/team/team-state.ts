/** The beginning of a run in several processes: the first one's weights and state, in all. */
import assert from 'node:assert/strict';
import { zeros } from '@um-mae/torch';
import { parseTrainingState, type TrainingState } from '../run-files/checkpoints/training-state.js';
import type { Trainer } from '../steps/trainer.js';
import type { Team } from './team.js';

/** The words about a beginning that go before its tensors. */
interface Beginning {
  /** The state of the run that is resumed; null for a new one. */
  readonly earlier: TrainingState | null;
  /** The shape of each tensor of the optimizer, by its name. */
  readonly optimizer: readonly (readonly [name: string, shape: readonly number[]])[];
}

/** Sends what the trainer has, and where the run goes on. */
export async function sendState(
  team: Team,
  trainer: Trainer,
  earlier: TrainingState | undefined,
): Promise<void> {
  const { model, optimizer, average } = trainer.save();
  const shapes = [...optimizer].map(([name, { shape }]) => [name, shape] as const);
  const beginning: Beginning = { earlier: earlier ?? null, optimizer: shapes };
  await team.gather([beginning]);
  for (const each of [model, average, optimizer])
    for (const tensor of each?.values() ?? []) await team.group.broadcast(tensor);
  trainer.agreeOnGradients();
}

/**
 * Takes over what the first process has.
 *
 * @returns the state of the run that is resumed; undefined for a new one
 * @throws GroupError when the first process ends instead
 */
export async function receiveState(
  team: Team,
  trainer: Trainer,
): Promise<TrainingState | undefined> {
  const [beginning] = await team.gather<Beginning>([]);
  assert(beginning, 'process 0 begins');
  const { earlier, optimizer: shapes } = beginning;
  const { model, average, state } = trainer.save();
  const optimizer = new Map(
    shapes.map(([name, shape]) => [
      name,
      // Counts are on the CPU, moments where the parameters are.
      (name.startsWith('step.')
        ? zeros(shape, { dtype: 'i64' })
        : zeros(shape, { device: trainer.device })
      ).keep(),
    ]),
  );
  for (const each of [model, average, optimizer])
    for (const tensor of each?.values() ?? []) await team.group.broadcast(tensor);
  const resumed = earlier ? parseTrainingState(JSON.stringify(earlier), 'process 0') : undefined;
  trainer.load({ model, average, optimizer, state: resumed ?? state });
  for (const tensor of optimizer.values()) tensor.dispose();
  trainer.agreeOnGradients();
  return resumed;
}
