/** Processes that are stopped, and answer no more. */
import { existsSync } from 'node:fs';
import { childrenOf, lastOnes, program, seconds, start, tiny } from '../processes.mjs';

const patience = 5;
/** Seconds beyond patience in which processes ask each other, on a machine that is busy. */
const grace = 6;

/**
 * @param rank of the process that is stopped after five steps
 * @param continues whether it goes on when all others have ended
 */
function stopped(rank, { continues = false } = {}) {
  return async ({ data, out }) => {
    const settings = ['pretrain', '--data', data, ...tiny, '--batch-size', '6', '--json'];
    const length = ['--set', 'duration.steps=100000', '--devices', '3', '--patience', patience];
    let stoppedMs;
    let othersAfter;
    let saidAfter;
    let silent;
    const { child, outcome } = start(
      [process.execPath, program, ...settings, ...length, '--out', out],
      {
        onEvent({ metrics }) {
          if (metrics?.step !== 5 || stoppedMs) return;
          stoppedMs = performance.now();
          silent = childrenOf(child.pid)[rank];
          process.kill(silent, 'SIGSTOP');
        },
      },
    );
    child.stderr.once('data', () => {
      saidAfter = seconds(stoppedMs);
    });
    const watch = setInterval(() => {
      if (!silent || othersAfter || childrenOf(child.pid).length > 1) return;
      othersAfter = seconds(stoppedMs);
      if (continues) process.kill(silent, 'SIGCONT');
    }, 50);
    const { code, stderr } = await outcome;
    clearInterval(watch);
    const allAfter = seconds(stoppedMs);
    const { left } = await lastOnes(out, 15);
    const name = new RegExp(
      `Expected an answer of process ${rank} on \\S+ within 5 s but got none`,
    );
    const isRight = [
      ...[code === 1, left === 0, name.test(stderr.split('\n')[0])],
      ...[othersAfter < patience + grace, !existsSync(`/proc/${silent}`)],
    ].every(Boolean);
    return { isRight, code, stderr, saidAfter, othersAfter, allAfter, left };
  };
}

export const silence = {
  'process 0 stopped': stopped(0),
  'process 1 stopped': stopped(1),
  'process 2 stopped': stopped(2),
  'process 0 stopped, and let go on': stopped(0, { continues: true }),
  'process 2 stopped, and let go on': stopped(2, { continues: true }),
};
