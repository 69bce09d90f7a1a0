/** One of the two processes of `overlap.mjs`. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { GradientReducer, Group } from '../../packages/torch/dist/src/distributed/index.js';
import { Generator, scope, zeros } from '../../packages/torch/dist/src/index.js';
import { batchOf } from '../../packages/um-mae/dist/data/loading/loader.js';
import { parsePretrainRecipe } from '../../packages/um-mae/dist/recipes/parse.js';
import { folderRecipe } from '../../packages/um-mae/dist/recipes/pretrain/folder.js';
import { PretrainTask } from '../../packages/um-mae/dist/tasks/pretrain/pretrain-task.js';

const [rank, port, name, images, link] = process.argv.slice(2);
const rounds = 7;
const host = '10.77.0.1';
const group = await Group.join({ rank: Number(rank), size: 2, host, port: Number(port) });
const recipe = parsePretrainRecipe({
  ...folderRecipe(name),
  batchSize: 2 * images,
  data: { paths: ['.'] },
});
const task = new PretrainTask(recipe);
const random = new Generator(1);
const model = task.build(random);
const parameters = model.namedParameters();
const pixels = new Uint8Array(images * recipe.image.height * recipe.image.width * 3).fill(90);
const batch = batchOf(pixels, recipe.image);
const context = { generator: random, device: 'cpu' };
const total = [...parameters.values()].reduce((sum, { elements }) => sum + elements, 0);
const numbers = scope(() => zeros([total])).keep();

/** Runs a step, of which only the backward pass counts. @returns its times in milliseconds */
function step(backward) {
  return scope(() => {
    const loss = task.loss(model, task.inputs(model, batch, context), context);
    const startMs = performance.now();
    backward(() => loss.total.backward());
    const endMs = performance.now();
    for (const parameter of parameters.values()) parameter.grad = undefined;
    return { startMs, endMs };
  });
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const round = (number) => Number(number.toFixed(2));

async function exchange() {
  const startMs = performance.now();
  await group.allReduce(numbers);
  return { startMs, endMs: performance.now() };
}

/** A pass, and an exchange of all gradients after it. */
async function passAndExchange() {
  const pass = step((backward) => backward());
  const after = await exchange();
  return { startMs: pass.startMs, endMs: pass.endMs + after.endMs - after.startMs };
}

const reducer = new GradientReducer(parameters, group);
const ways = {
  backward: () => step((pass) => group.during(pass)),
  exchange,
  both: passAndExchange,
  together() {
    const before = reducer.waitedMs;
    const times = step((pass) => reducer.reduce(pass));
    return { ...times, exposedMs: reducer.waitedMs - before };
  },
};

const watcher = new Worker(new URL('cable-watcher.mjs', import.meta.url), {
  workerData: `/sys/class/net/${link}/statistics/tx_bytes`,
});
await once(watcher, 'message');
const times = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
for (let i = 0; i < rounds + 2; i++) {
  for (const [way, body] of Object.entries(ways)) {
    await group.barrier();
    const found = await body();
    // The first passes take memory, and order the buckets.
    if (i >= 2) times[way].push(found);
  }
}
watcher.postMessage('end');
const [samples] = await once(watcher, 'message');

/** The bytes that had been sent at a moment. */
function sentAt(ms) {
  const later = samples.findIndex(([moment]) => moment >= performance.timeOrigin + ms);
  if (later <= 0) return (samples.at(later) ?? [0, 0])[1];
  const [[before, few], [after, more]] = [samples[later - 1], samples[later]];
  const share = (performance.timeOrigin + ms - before) / (after - before);
  return few + share * (more - few);
}

/** Megabytes sent in each tenth of the time to the last own gradient, and from there to the end. */
function timelineOf({ startMs, endMs, exposedMs }) {
  const lastMs = endMs - exposedMs;
  const tenth = (lastMs - startMs) / 10;
  const edges = Array.from({ length: 11 }, (_, i) => startMs + i * tenth);
  return [...edges, endMs]
    .slice(1)
    .map((edge, i) => round((sentAt(edge) - sentAt(edges[i])) / 1e6));
}

const lengths = Object.entries(times).map(([way, all]) => [
  way,
  round(median(all.map(({ startMs, endMs }) => endMs - startMs))),
]);
const found = Object.fromEntries(lengths);
const middle = times.together.toSorted((a, b) => a.exposedMs - b.exposedMs)[Math.floor(rounds / 2)];
process.send({
  megabytes: round((4 * total) / 1e6),
  ...found,
  exposed: round(middle.exposedMs),
  hidden: round(1 - (found.together - found.backward) / found.exchange),
  timeline: timelineOf(middle),
});
await group.close();
process.exit(0);
