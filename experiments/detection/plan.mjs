/**
 * The runs of the experiment: pre-training by two methods on the images of each set and on photos,
 * and what it is worth for finding objects.
 */

/** Rows of the table: a title, and the method of pre-training. */
export const rows = {
  scratch: { title: 'from scratch' },
  simmim: { title: 'simmim', method: 'simmim' },
  'um-mae': { title: 'um-mae', method: 'um-mae' },
};

/** Values of fine-tuning that the sets share: parts of 256 pixels, of images of many scales. */
const shared = [
  'input={kind: jitter, height: 256, width: 256, ratios: [0.8, 1.6]}',
  'evaluateEvery={share: 1}',
];

/** The sets: places begin with a word that stands for a folder. */
export const sets = {
  nuclei: {
    title: 'nuclei',
    images: 'NUCLEI/images/train',
    task: 'instances',
    data: ['--data', 'NUCLEI'],
    epochs: 24,
    values: [...shared, 'inference.scale={long: 352, short: 352}', 'head.anchorScale=4'],
    scores: { boxAp: 'box AP', boxAp50: 'box AP at 0.5', maskAp: 'mask AP' },
  },
  bccd: {
    title: 'bccd',
    images: 'OUT/bccd-train.txt',
    task: 'detection',
    data: ['--data', 'BCCD'],
    epochs: 14,
    values: [...shared, 'inference.scale={long: 320, short: 320}'],
    scores: { boxAp: 'box AP', boxAp50: 'box AP at 0.5' },
  },
  coco: {
    title: 'coco-mini, supercategories',
    images: 'COCO/images/train',
    task: 'detection',
    data: [
      ...['--train', 'COCO/annotations/instances_train_super.json'],
      ...['--val', 'COCO/annotations/instances_val_super.json'],
    ],
    epochs: 20,
    values: [...shared, 'inference.scale={long: 320, short: 320}'],
    scores: { boxAp: 'box AP', boxAp50: 'box AP at 0.5' },
  },
};

/** Passes over the images of a set and 300 photos in pre-training. */
export const pretrainEpochs = 60;

/** Epochs of a part of fine-tuning on a set, at least one. */
export const finetuneEpochs = (set, share) => Math.max(1, Math.round(sets[set].epochs * share));

/** The end of the names of runs that fine-tune on a set: shorter ones tell their epochs. */
export const suffixOf = (set, share) =>
  share === 1 ? '-finetune' : `-finetune-${finetuneEpochs(set, share)}`;

const machine = ['--threads', '1', '--workers', '1'];
/** Patches of 4 pixels give maps of the published strides: 4, 8, 16 and 32. */
const model = ['--model', 'swin-micro', '--patch', '4', '--image-size', '192'];

/**
 * The commands of one seed, each with the one that has to be there before; the words in capitals
 * stand for folders.
 *
 * @param {number} seed
 * @param {object} wanted
 * @param {string[]} wanted.rows names of rows
 * @param {string[]} wanted.sets names of sets
 * @param {number} [wanted.epochs] of pre-training
 * @param {number} [wanted.share] part of the epochs of fine-tuning
 */
export function tasksOf(seed, { rows: names, sets: wanted, epochs = pretrainEpochs, share = 1 }) {
  const seeded = ['--seed', `${seed}`, ...machine];
  const pairs = wanted.flatMap((set) => names.map((row) => ({ set, row })));
  const pretrain = ({ set, row }) => ({
    name: `${seed}-${set}-${row}`,
    args: ['pretrain', '--data', sets[set].images, 'PHOTOS', ...model]
      .concat(['--method', rows[row].method, '--epochs', `${epochs}`, '--batch-size', '32'])
      .concat(seeded, ['--out', `OUT/${seed}-${set}-${row}`]),
  });
  const finetune = ({ set, row }) => {
    const before = `${seed}-${set}-${row}`;
    const { task, data, values } = sets[set];
    const from = rows[row].method ? ['--from', `OUT/${before}`] : ['--from', 'none', ...model];
    const name = `${before}${suffixOf(set, share)}`;
    return {
      name,
      after: rows[row].method ? before : undefined,
      args: ['finetune', '--task', task, ...from, ...data]
        .concat(['--epochs', `${finetuneEpochs(set, share)}`, '--batch-size', '2'])
        .concat(values.flatMap((value) => ['--set', value]))
        .concat(seeded, ['--out', `OUT/${name}`]),
    };
  };
  return {
    pretrain: pairs.filter(({ row }) => rows[row].method).map(pretrain),
    finetune: pairs.map(finetune),
  };
}
