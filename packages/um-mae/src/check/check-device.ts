/** Whether a device computes what it should. */
import type { Check } from './check.js';
import { denseTasks } from './dense-subjects.js';
import { groupCheck } from './group-check.js';
import { inputCheck } from './input-check.js';
import { kernelChecks } from './kernel-checks.js';
import { parityChecks } from './parity-checks.js';
import { resumeCheck } from './resume-check.js';
import { smallTasks } from './subjects.js';
import { trainingChecks } from './training-checks.js';
import { visionChecks } from './vision-checks.js';

/**
 * Runs all checks of a device, one after the other.
 *
 * @param device as `resolveDevice` writes it
 * @param cases folder of the parity cases, if not those that come along
 */
export async function* checkDevice(device: string, cases?: string): AsyncIterable<Check> {
  yield* kernelChecks(device);
  yield* visionChecks(device);
  for (const each of smallTasks()) {
    yield* inputCheck(each, device);
    yield* trainingChecks(each, device);
    yield* resumeCheck(each, device);
  }
  for (const each of denseTasks()) yield* trainingChecks(each, device);
  const [small] = smallTasks();
  if (small) yield await groupCheck(small, device);
  yield* parityChecks(device, cases);
}
