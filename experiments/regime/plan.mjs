/**
 * The plan of the experiment: masking ratios, lengths, grids and backbones of pre-training, each
 * followed by probes and fine-tuning.
 */

/** Epochs of pre-training. */
export const lengths = [10, 40, 120];

/** Epochs of fine-tuning on all labels, and on a tenth of them. */
const finetuning = { all: 3, tenth: 20 };

/**
 * SimMIM takes that many times the processor time of um-mae for an epoch, on one core at 64 pixels
 * (`experiments/transfer/results.jsonl`): its runs of equal time have fewer epochs by it.
 */
const simmimCost = 2.8;

/** Ways of pre-training: the options of `um-mae pretrain`, and its epochs for a length. */
export const rows = {
  ...Object.fromEntries(
    [0, 0.1, 0.25, 0.4].map((ratio) => [
      `um-${100 * ratio}`,
      {
        title: `um-mae, ${100 * ratio} % hidden`,
        options: ['--method', 'um-mae', '--secondary-ratio', `${ratio}`],
      },
    ]),
  ),
  simmim: { title: 'simmim', options: ['--method', 'simmim'] },
  'simmim-time': {
    title: 'simmim, in the time of um-mae',
    options: ['--method', 'simmim'],
    epochs: (length) => Math.round(length / simmimCost),
  },
};

/** Sides of images in pixels, by the units that a side has: units are of 8 pixels. */
export const grids = { 8: 64, 16: 128 };

/**
 * The commands of one seed, each with what has to be there before; `DATA` and `OUT` stand for
 * folders.
 *
 * @param {object} choice
 * @param {string} choice.model a name of `um-mae pretrain --model`
 * @param {number} choice.grid units on a side
 * @param {string} choice.row a name of `rows`
 * @param {number} choice.length epochs, or as much time
 * @param {number} choice.seed
 * @param {string[]} machine options that every command has
 */
export function tasksOf({ model, grid, row, length, seed }, machine) {
  const { options, epochs = (same) => same } = rows[row];
  const name = `${model}-${grid}-${row}-${length}-${seed}`;
  const pretrain = ['pretrain', '--data', 'DATA/train', '--model', model, ...options];
  const size = ['--image-size', `${grids[grid]}`];
  const common = ['--batch-size', '64', '--seed', `${seed}`, ...machine.training];
  const val = ['--val', 'DATA/val'];
  const labels = {
    all: ['--train', 'DATA/train', ...val],
    tenth: ['--train', 'DATA/train_10percent.txt', '--data-root', 'DATA/train', ...val],
  };
  const finetune = ([share, count]) => ({
    name: `${name}-${share}`,
    after: name,
    args: ['finetune', '--from', `OUT/${name}`, ...labels[share], '--epochs', `${count}`].concat(
      // Scores of the last epoch alone, so that none is chosen by what it is measured on.
      ['--set', `evaluateEvery.epochs=${count}`],
      common,
      ['--out', `OUT/${name}-${share}`],
    ),
  });
  return [
    {
      name,
      args: [
        ...pretrain,
        ...size,
        '--epochs',
        `${epochs(length)}`,
        ...common,
        '--out',
        `OUT/${name}`,
      ],
    },
    {
      name: `${name}-probe`,
      after: name,
      args: ['probe', `OUT/${name}`, ...labels.all, ...machine.features],
    },
    ...Object.entries(finetuning).map(finetune),
  ];
}
