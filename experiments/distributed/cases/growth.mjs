/** Two hundred steps, after as many as the collector needs to come to rest: no process grows. */
import { readdirSync, readFileSync } from 'node:fs';
import { childrenOf, program, start, tiny } from '../processes.mjs';

const mebibyte = 2 ** 20;
/** Steps of which the medians are compared. */
const windows = [
  [600, 700],
  [800, 900],
];

/** The memory, open files and threads of a process. */
function heldBy(pid) {
  const [, pages] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ').map(Number);
  return {
    mebibytes: Math.round((pages * 4096) / mebibyte),
    files: readdirSync(`/proc/${pid}/fd`).length,
    threads: readdirSync(`/proc/${pid}/task`).length,
  };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function twoHundredSteps({ data, out }) {
  const settings = ['pretrain', '--data', data, ...tiny, '--batch-size', '6', '--json'];
  const length = ['--set', 'duration.steps=910', '--devices', '2', '--patience', '60'];
  const samples = [];
  const tensorBytes = [];
  const { child, outcome } = start(
    [process.execPath, program, ...settings, ...length, '--out', out],
    {
      onEvent({ kind, metrics }) {
        if (kind !== 'step') return;
        samples[metrics.step] = childrenOf(child.pid).map(heldBy);
        tensorBytes[metrics.step] = metrics.peakTensorBytes;
      },
    },
  );
  const { code, stderr } = await outcome;
  const held = windows.map(([from, to]) =>
    [0, 1].map((rank) => {
      const own = samples.slice(from, to).flatMap((each) => each?.[rank] ?? []);
      const middle = (name) => median(own.map((sample) => sample[name]));
      return { mebibytes: middle('mebibytes'), files: middle('files'), threads: middle('threads') };
    }),
  );
  const peaks = windows.map(([, to]) => tensorBytes[to]);
  const isRight =
    code === 0 &&
    peaks[0] === peaks[1] &&
    held[0].every((before, rank) => {
      const after = held[1][rank];
      // The collector's own ups and downs are some 30 MiB in process 0, and 5 in the other.
      return (
        after.mebibytes - before.mebibytes < 20 &&
        after.files <= before.files &&
        after.threads <= before.threads
      );
    });
  return { isRight, code, stderr, windows, held, peakTensorBytes: peaks };
}

export const growth = { 'two hundred steps': twoHundredSteps };
