/**
 * Training in a group of one process, by NCCL on a GPU that has it and else over Gloo, against the
 * same steps without a group.
 */
import { Group } from '@um-mae/torch/distributed';
import { Trainer } from '../training/steps/trainer.js';
import { Team } from '../training/team/team.js';
import { type Check, check } from './check.js';
import { batchSize, type SmallTask } from './subjects.js';

const steps = 3;

/** Relative. */
const allowed = 1e-4;

const patienceMs = 60_000;

/** Checks a task. @param device as `resolveDevice` writes it */
export async function groupCheck(trained: SmallTask, device: string): Promise<Check> {
  const subject = { what: `${trained.name}: losses in a group`, precision: 'f32' };
  const place = { rank: 0, size: 1, host: '127.0.0.1', port: 0, timeoutMs: patienceMs };
  try {
    const group = await Group.join(place);
    const isOnGpu = device.startsWith('cuda');
    const exchange = isOnGpu ? await group.joinGpus(device) : ({ by: 'gloo' } as const);
    const what = `${subject.what} by ${exchange.by === 'nccl' ? 'NCCL' : 'Gloo'}`;
    const found = await takeSteps(trained, device, new Team(group, patienceMs));
    await group.close();
    const expected = await takeSteps(trained, device);
    const differences = expected.map((loss, i) => Math.abs((found[i] ?? Number.NaN) / loss - 1));
    return check({ ...subject, what }, Math.max(...differences), allowed);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ...subject, difference: Number.NaN, allowed, passed: false, reason };
  }
}

/** @returns the loss of each step */
async function takeSteps(
  { task, batch }: SmallTask,
  device: string,
  team?: Team,
): Promise<number[]> {
  const trainer = new Trainer(task('f32'), device, { records: false, team });
  trainer.agreeOnGradients();
  const rows = { first: 0, count: batchSize, of: batchSize };
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const loss = trainer.accumulate(batch, team && { rows, isLast: true });
    const norm = trainer.update(1e-4);
    if (team) await team.group.waitTogether(() => norm.isKnown);
    losses.push(loss.total.value());
  }
  return losses;
}
