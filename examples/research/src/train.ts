/**
 * Pre-trains with an objective, a target or a backbone of one's own.
 *
 * Run: node examples/research/dist/train.js rotation PHOTOS runs/rotation
 */
import { type PretrainOptions, pretrain } from 'um-mae';
import { lowFrequencies } from './low-frequencies.js';
import { poolFormer } from './pool-former.js';
import { rotation } from './rotation.js';

const image = { height: 64, width: 64 };
const experiments: Readonly<Record<string, PretrainOptions>> = {
  rotation: { model: 'swin-micro', image, objective: rotation },
  'low-frequencies': { model: 'swin-micro', image, objective: lowFrequencies },
  'pool-former': { model: 'swin-micro', image, backbone: poolFormer },
};

const [name = '', data, out] = process.argv.slice(2);
const experiment = experiments[name];
if (!experiment || data === undefined || out === undefined) {
  console.error(`usage: train.js ${Object.keys(experiments).join('|')} IMAGES OUT`);
  process.exit(2);
}
const { step, loss, directory } = await pretrain({ ...experiment, data, out, epochs: 20 });
console.log(`${step} steps, loss ${loss?.toFixed(3)}, in ${directory}`);
