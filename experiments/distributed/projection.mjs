/**
 * Projects the images that 8 to 64 GPUs would take in a second from measured steps of one GPU by an
 * alpha-beta model: a message of n bytes takes alpha + n / beta. Prints the table that
 * docs/cluster.md has. Nothing here is measured on several GPUs.
 *
 *     node experiments/distributed/projection.mjs
 */
import { Generator } from '../../packages/torch/dist/src/index.js';
import { buildObjective } from '../../packages/um-mae/dist/objectives/build.js';
import { parsePretrainRecipe } from '../../packages/um-mae/dist/recipes/parse.js';
import { folderRecipe } from '../../packages/um-mae/dist/recipes/pretrain/folder.js';

/**
 * Steps of one H200 in bf16, measured (docs/performance.md): images of a step, and images/s.
 * Several processes queue a step operator by operator, which was measured for the first alone;
 * recorded steps are what they could be.
 */
const measured = [
  { model: 'swin-tiny', step: 'queued', images: 128, imagesPerSecond: 2330 },
  { model: 'swin-tiny', step: 'recorded', images: 128, imagesPerSecond: 6568 },
  { model: 'pvt-small', step: 'recorded', images: 128, imagesPerSecond: 6162 },
];

/**
 * Networks, assumed: the bus bandwidth of an all-reduce of NCCL in bytes a second (beta), the time
 * that one of a bucket takes at least (alpha), and that of one hop of a small message over TCP.
 */
const networks = [
  { name: 'NVLink, 8', gpus: 8, beta: 360e9, alpha: 30e-6, hop: 30e-6 },
  { name: '400G InfiniBand each, 16', gpus: 16, beta: 300e9, alpha: 60e-6, hop: 40e-6 },
  { name: 'the same, 64', gpus: 64, beta: 250e9, alpha: 120e-6, hop: 40e-6 },
  { name: '200G a node, 64', gpus: 64, beta: 22e9, alpha: 150e-6, hop: 40e-6 },
  { name: '100G Ethernet a node, 64', gpus: 64, beta: 11e9, alpha: 200e-6, hop: 50e-6 },
  { name: '10G Ethernet a node, 16', gpus: 16, beta: 1.1e9, alpha: 200e-6, hop: 50e-6 },
];

/** The share of a step that is its backward pass, assumed from its operations. */
const backwardShare = 2 / 3;
/** Small exchanges of a step, of counts and of losses; each goes round a ring twice. */
const exchanges = 2;

const megabyte = 2 ** 20;

/** The bytes of libtorch's buckets: a small one first, then as full as they may be. */
function bucketsOf(bytes) {
  const buckets = [Math.min(bytes, megabyte)];
  for (let left = bytes - megabyte; left > 0; left -= 25 * megabyte)
    buckets.push(Math.min(left, 25 * megabyte));
  return buckets;
}

/** The numbers of a model on a network, in seconds. */
function project({ bytes, seconds }, { gpus, beta, alpha, hop }) {
  const buckets = bucketsOf(bytes);
  const ring = (2 * (gpus - 1)) / gpus;
  const times = buckets.map((size) => alpha + (ring * size) / beta);
  const reduce = times.reduce((sum, time) => sum + time, 0);
  // The last bucket is full when the pass ends, and what the pass does not hide comes on top.
  const exposed = Math.max(times.at(-1), reduce - backwardShare * seconds);
  const small = exchanges * 2 * (gpus - 1) * hop;
  return { reduce, exposed, small, efficiency: seconds / (seconds + exposed + small) };
}

function gradientBytes(model) {
  const recipe = parsePretrainRecipe({ ...folderRecipe(model), data: { paths: ['.'] } });
  const parameters = buildObjective(recipe, { generator: new Generator(1) }).namedParameters();
  return [...parameters.values()].reduce((sum, { elements }) => sum + 4 * elements, 0);
}

const ms = (time) => (1000 * time).toFixed(time < 0.01 ? 1 : 0);

/** A row for each network, a column for each measured step. */
const columns = measured.map(({ model, step, images, imagesPerSecond }) => {
  const seconds = images / imagesPerSecond;
  const bytes = gradientBytes(model);
  const cells = networks.map((network) => {
    const { reduce, exposed, small, efficiency } = project({ bytes, seconds }, network);
    const total = Math.round((efficiency * imagesPerSecond * network.gpus) / 1000);
    return `${ms(reduce)}; ${ms(exposed)} + ${ms(small)} ms; ${Math.round(100 * efficiency)} %; ${total}k`;
  });
  const head = `${model}, ${step}, ${ms(seconds)} ms, ${Math.round(bytes / 1e6)} MB`;
  return { head, cells };
});
console.log(`| network, GPUs | ${columns.map(({ head }) => head).join(' | ')} |`);
console.log(`|---|${columns.map(() => '---|').join('')}`);
for (const [i, { name }] of networks.entries())
  console.log(`| ${name} | ${columns.map(({ cells }) => cells[i]).join(' | ')} |`);
