/**
 * The runs of the experiment: pre-training by three methods, and what it is worth for road scenes.
 */

/** Passes over 450 images in pre-training, and over 150 in fine-tuning. */
export const epochs = { pretrain: 60, finetune: 40 };

/** Rows of the table: a title, and how the pre-training of one differs from the others. */
export const rows = {
  scratch: { title: 'from scratch' },
  simmim: { title: 'simmim', options: ['--method', 'simmim'] },
  uniform: {
    title: 'um-mae without secondary masking',
    options: ['--method', 'um-mae', '--secondary-ratio', '0'],
  },
  'um-mae': { title: 'um-mae', options: ['--method', 'um-mae'] },
};

/** Settings that differ from the recipe: smaller pictures, crops of most of them, a thin head. */
const finetuning = [
  'crop={height: 192, width: 192}',
  'scale={short: 216, long: 864}',
  'augmentation.ratios=[0.75, 1.5]',
  'head.channels=64',
  'head.projection.channels=64',
  'head.auxiliary.channels=32',
  'learningRate.peak=0.0015',
  'evaluateEvery={share: 1}',
].flatMap((setting) => ['--set', setting]);

const machine = ['--threads', '1', '--workers', '1'];
/** Patches of 4 pixels give maps of the published strides: 4, 8, 16 and 32. */
const model = ['--model', 'swin-micro', '--patch', '4', '--image-size', '192'];

/**
 * The commands of one seed, each with the one that has to be there before; `CAMVID`, `PHOTOS` and
 * `OUT` stand for folders.
 *
 * @param {number} seed
 * @param {string[]} wanted names of rows
 * @param {typeof epochs} length
 */
export function tasksOf(seed, wanted, length = epochs) {
  const seeded = ['--seed', `${seed}`, ...machine];
  const pretrain = (row) => ({
    name: `${seed}-${row}`,
    args: ['pretrain', '--data', 'CAMVID/images/train', 'PHOTOS', ...model]
      .concat(rows[row].options, ['--epochs', `${length.pretrain}`, '--batch-size', '32'])
      .concat(seeded, ['--out', `OUT/${seed}-${row}`]),
  });
  const finetune = (row) => {
    const from = rows[row].options
      ? ['--from', `OUT/${seed}-${row}`]
      : ['--from', 'none', ...model];
    return {
      name: `${seed}-${row}-finetune`,
      after: rows[row].options ? `${seed}-${row}` : undefined,
      args: ['finetune', '--task', 'segmentation', '--recipe', 'small-data-segmentation']
        .concat(from, ['--data', 'CAMVID', '--epochs', `${length.finetune}`, '--batch-size', '8'])
        .concat(finetuning, seeded, ['--out', `OUT/${seed}-${row}-finetune`]),
    };
  };
  return {
    pretrain: wanted.filter((row) => rows[row].options).map(pretrain),
    finetune: wanted.map(finetune),
  };
}
