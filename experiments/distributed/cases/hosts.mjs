/** Two hosts, of which each starts two processes; then the cable between them is cut. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onHost, withHosts } from '../namespaces.mjs';
import { lastOnes, program, seconds, start, tiny } from '../processes.mjs';

const patience = 5;
const grace = 6;

function train(host, rank, { data, out, steps, onEvent }) {
  const settings = ['pretrain', '--data', data, ...tiny, '--batch-size', '8', '--json'];
  const length = ['--set', `duration.steps=${steps}`, '--patience', patience, '--out', out];
  const place = ['--devices', 2, '--nodes', 2, '--node-rank', rank, '--main', '10.77.0.1:29500'];
  const words = [process.execPath, program, ...settings, ...length, ...place];
  return start(onHost(host, words.map(String)), { onEvent });
}

async function wholeRun({ data, out }) {
  return withHosts('100mbit', async (hosts) => {
    const runs = hosts.map((host, rank) => train(host, rank, { data, out, steps: 20 }));
    const ends = await Promise.all(runs.map(({ outcome }) => outcome));
    const { processes } = JSON.parse(readFileSync(join(out, 'environment.json'), 'utf8'));
    const isRight = ends.every(({ code, stderr }) => code === 0 && stderr === '');
    return { isRight, ends, hosts: processes.map(({ host }) => host) };
  });
}

async function cutCable({ data, out }) {
  return withHosts('100mbit', async (hosts, { cut }) => {
    let cutMs;
    const onEvent = ({ metrics }) => {
      if (metrics?.step !== 5 || cutMs) return;
      cutMs = performance.now();
      cut();
    };
    const runs = hosts.map((host, rank) =>
      train(host, rank, { data, out, steps: 100_000, onEvent }),
    );
    const ends = await Promise.all(
      runs.map(async ({ outcome }) => {
        const { code, stderr } = await outcome;
        return { code, stderr, endedAfter: seconds(cutMs) };
      }),
    );
    const { left } = await lastOnes(out, 15);
    const isRight =
      left === 0 &&
      ends.every(
        ({ code, stderr, endedAfter }) =>
          code === 1 &&
          /^(\[\d\] )?um-mae: Expected an answer of process(es)? .* within 5 s but got none\.$/.test(
            stderr,
          ) &&
          endedAfter < patience + grace,
      );
    return { isRight, ends, left };
  });
}

export const hosts = { 'two hosts': wholeRun, 'a cable that is cut': cutCable };
