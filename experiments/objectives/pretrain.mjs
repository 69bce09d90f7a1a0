/**
 * Pre-trains swin-micro by one candidate, on one thread; `run.mjs` calls it.
 *
 *   node experiments/objectives/pretrain.mjs CANDIDATE SEED DATA OUT
 *
 * It prints one line of JSON: the last loss, and the processor time of training in seconds.
 */
import { pretrain } from 'um-mae';
import { candidates } from './candidates.mjs';

const [name, seed, data, out] = process.argv.slice(2);
const { epochs, batchSize, peak, build, decoder } = candidates[name];
const start = process.cpuUsage();
const { loss } = await pretrain({
  model: 'swin-micro',
  data,
  out,
  epochs,
  batchSize,
  seed: Number(seed),
  learningRate: { peak },
  masking: { kind: 'uniform', cell: [2, 2], secondaryRatio: 0, corners: 'independent' },
  threads: 1,
  workers: 1,
  ...(decoder ? { decoder } : {}),
  ...(build ? { objective: { name, build } } : {}),
});
const { user, system } = process.cpuUsage(start);
console.log(JSON.stringify({ loss, processorSeconds: (user + system) / 1e6 }));
