/**
 * Measures the part of the exchange of gradients that hides behind the backward pass: two hosts are
 * network namespaces with a core each, joined by a cable of a limited rate. Needs root.
 *
 *     node experiments/distributed/overlap.mjs [model] [images of each] [rate ...]
 *
 * A line of `overlap.jsonl` for each rate, with medians in milliseconds: `backward` without an
 * exchange, `exchange` of as many numbers alone, `both` one after the other, and `together` by the
 * reducer, with the time `exposed` that it waits after the last own gradient; `hidden` is the share
 * of the exchange that costs nothing. The timeline has the megabytes that process 0 has sent within
 * each tenth of one backward pass and after it: the cable's own counter.
 */
import { fork } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { onHost, withHosts } from './namespaces.mjs';

const [model = 'swin-tiny', images = '8', ...rates] = process.argv.slice(2);
const results = new URL('overlap.jsonl', import.meta.url);
const member = fileURLToPath(new URL('overlap-member.mjs', import.meta.url));

/** Starts a process on a host, and waits for its numbers. */
function run(host, rank, port) {
  const words = onHost(host, ['taskset', '-c', `${rank}`, process.execPath]);
  const [execPath, ...execArgv] = words;
  const child = fork(member, [`${rank}`, `${port}`, model, images, host.link], {
    execPath,
    execArgv,
    serialization: 'json',
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
  return new Promise((done, fail) => {
    child.once('message', done);
    child.once('exit', (code) => fail(new Error(`process ${rank} ended with code ${code}`)));
  });
}

for (const rate of rates.length > 0 ? rates : ['1gbit']) {
  const date = new Date().toISOString();
  const [found] = await withHosts(rate, (hosts) =>
    Promise.all(hosts.map((host, rank) => run(host, rank, 29_600))),
  );
  const line = { model, images: Number(images), rate, ...found, machine: cpus()[0].model, date };
  console.log(line);
  appendFileSync(results, `${JSON.stringify(line)}\n`);
}
