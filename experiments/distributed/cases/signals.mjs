/** Wishes to stop: of the launcher, of one process, of a whole group, during an evaluation. */
import { existsSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { childrenOf, lastOnes, program, seconds, start, tiny } from '../processes.mjs';

const run = (data) => [
  ...['pretrain', '--data', data, ...tiny, '--batch-size', '6', '--json', '--devices', '3'],
  ...['--set', 'duration.steps=100000', '--patience', '60'],
];

/** @param send sends a signal to the processes of a launcher, which is given */
function stoppedBy(
  code,
  send,
  { settings = run, when = (event) => event.metrics?.step === 5 } = {},
) {
  return async ({ data, out }) => {
    let sentMs;
    let last;
    const { child, outcome } = start([process.execPath, program, ...settings(data), '--out', out], {
      leadsGroup: true,
      onEvent(event) {
        if (event.kind === 'step') last = event.metrics.step;
        if (sentMs || !when(event)) return;
        sentMs = performance.now();
        send(child.pid);
      },
    });
    const found = await outcome;
    const endedAfter = seconds(sentMs);
    const { left } = await lastOnes(out, 15);
    const checkpoint = join(out, 'checkpoints/last');
    const saved = existsSync(checkpoint) ? readlinkSync(checkpoint) : null;
    const isRight = found.code === code && left === 0 && endedAfter < 10 && saved !== null;
    return { isRight, code: found.code, stderr: found.stderr, endedAfter, lastStep: last, saved };
  };
}

const toLauncher = (signal) => (pid) => process.kill(pid, signal);

export const signals = {
  'SIGTERM to the launcher': stoppedBy(143, toLauncher('SIGTERM')),
  'SIGUSR1 to the launcher': stoppedBy(143, toLauncher('SIGUSR1')),
  'SIGTERM to process 1': stoppedBy(143, (pid) => process.kill(childrenOf(pid)[1], 'SIGTERM')),
  'SIGINT to the group': stoppedBy(130, (pid) => process.kill(-pid, 'SIGINT')),
};
