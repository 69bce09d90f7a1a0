/**
 * The plan of the experiment: pre-training by three methods, then probes and fine-tuning of their
 * backbones.
 */

/**
 * Passes over 8,000 images in pre-training, over 8,000 in fine-tuning on all labels, over 800 on a
 * tenth of them.
 */
export const epochs = { pretrain: 10, all: 3, tenth: 20 };

/** Epochs from scratch that take as long as pre-training by um-mae and fine-tuning together. */
export const longEpochs = { all: 7, tenth: 55 };

/**
 * Rows of the table: a title, and either how its pre-training differs from the others (`options`;
 * none where nothing is pre-trained), or the row whose pre-training it goes on from for longer
 * (`longer`).
 */
export const rows = {
  scratch: { title: 'from scratch' },
  'scratch-long': {
    title: `from scratch, ${longEpochs.all} and ${longEpochs.tenth} epochs: the time of um-mae with its pre-training`,
    longer: 'scratch',
  },
  simmim: { title: 'simmim', options: ['--method', 'simmim'] },
  uniform: {
    title: 'um-mae without secondary masking',
    options: ['--method', 'um-mae', '--secondary-ratio', '0'],
  },
  'um-mae': { title: 'um-mae', options: ['--method', 'um-mae'] },
  'uniform-long': {
    title: `um-mae without secondary masking, fine-tuned for ${longEpochs.all} and ${longEpochs.tenth} epochs`,
    longer: 'uniform',
  },
  'um-mae-long': {
    title: `um-mae, fine-tuned for ${longEpochs.all} and ${longEpochs.tenth} epochs`,
    longer: 'um-mae',
  },
  // In the processor time of the ten epochs of um-mae.
  stages: {
    title: 'um-mae without secondary masking, decoder of all stages, peak rate 2e-3, 9 epochs',
    options: ['--secondary-ratio', '0', '--set', 'decoder.stages=all', '--lr', '2e-3'],
    epochs: 9,
  },
  // It predicts a quarter of the dropped units at each step.
  cross: {
    title: 'um-mae, decoder of cross-attention',
    options: ['--method', 'um-mae', '--set', 'decoder.kind=cross'],
  },
};

/** Names of the rows that are pre-trained, probed and fine-tuned. */
export const pretrained = Object.keys(rows).filter((row) => rows[row].longer === undefined);

const machine = ['--threads', '1', '--workers', '1'];

/**
 * The commands of one seed, each with what has to be there before; `DATA` and `OUT` stand for
 * folders.
 *
 * @param model a name of `um-mae pretrain --model`
 * @param wanted names of rows
 */
export function tasksOf(model, seed, wanted) {
  const run = (row) => `OUT/${model}-${seed}-${row}`;
  const seeded = ['--seed', `${seed}`];
  const val = ['--val', 'DATA/val'];
  const labels = {
    all: ['--train', 'DATA/train', ...val],
    tenth: ['--train', 'DATA/train_10percent.txt', '--data-root', 'DATA/train', ...val],
  };
  const pretrain = (row, ...rest) => ({
    name: `${model}-${seed}-${row}`,
    args: [
      'pretrain',
      '--data',
      'DATA/train',
      '--model',
      model,
      ...rest,
      '--batch-size',
      '64',
    ].concat(seeded, machine, ['--out', run(row)]),
  });
  const backbones = wanted.map((row) =>
    // Probes of random weights need a run to look at: one step that changes nothing to speak of.
    rows[row].options
      ? pretrain(row, ...rows[row].options, '--epochs', `${rows[row].epochs ?? epochs.pretrain}`)
      : pretrain(row, '--steps', '1', '--lr', '1e-12'),
  );
  const finetune = (row, share, { count = epochs[share], from = row, head = 'mean' } = {}) => ({
    name: `${model}-${seed}-${row}-${share}${headSuffixes[head]}`,
    after: rows[from].options ? `${model}-${seed}-${from}` : undefined,
    args: [
      'finetune',
      ...(rows[from].options ? ['--from', run(from)] : ['--from', 'none', '--model', model]),
    ]
      .concat(labels[share], ['--epochs', `${count}`], evaluateOnce(count))
      .concat(['--set', `head.pooling=${head}`], seeded, machine)
      .concat(['--out', `${run(row)}-${share}${headSuffixes[head]}`]),
  });
  const probe = (row, share, name, ...pooled) => ({
    name: `${model}-${seed}-${row}-${name}`,
    after: `${model}-${seed}-${row}`,
    args: ['probe', run(row), ...labels[share], ...pooled],
  });
  const lastMean = ['--stages', '3', '--pooling', 'mean'];
  const scored = wanted.flatMap((row) => [
    probe(row, 'all', 'probe', ...lastMean),
    probe(row, 'tenth', 'probe-tenth', ...lastMean),
    finetune(row, 'tenth'),
    finetune(row, 'all'),
  ]);
  const frozen = wanted.map((row) => probe(row, 'all', 'probe-stages', '--stages', '0,1,2,3'));
  const longer = Object.keys(rows).filter((row) => wanted.includes(rows[row].longer));
  const long = Object.entries(longEpochs).flatMap(([share, count]) =>
    longer.map((row) => finetune(row, share, { count, from: rows[row].longer })),
  );
  const head = 'mean-and-deviation';
  const statistics = wanted.flatMap((row) =>
    Object.keys(labels).map((share) => finetune(row, share, { head })),
  );
  const longStatistics = Object.entries(longEpochs).flatMap(([share, count]) =>
    longer.map((row) => finetune(row, share, { count, from: rows[row].longer, head })),
  );
  return { pretrain: backbones, measure: scored, frozen, long, statistics, longStatistics };
}

/** Endings of the names of runs, by what their head reads. */
const headSuffixes = { mean: '', 'mean-and-deviation': '-statistics' };

/** Scores of the last epoch are reported, so that none is chosen by what it is measured on. */
function evaluateOnce(count) {
  return ['--set', `evaluateEvery.epochs=${count}`];
}
