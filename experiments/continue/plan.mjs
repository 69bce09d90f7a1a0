/**
 * The plan of the experiment: pre-training that goes on from weights against pre-training anew, then
 * probes and fine-tuning with a tenth of the labels.
 */

/** Passes over 300 photos that make about as many steps as 10 over 8,000 images. */
const photoEpochs = 300;

/** Passes of fine-tuning over 800 images. */
export const tuningEpochs = 20;

/**
 * Rows of the table: a title, the images (`DATA` or `PHOTOS`), passes over them, and the row whose
 * weights they begin with (`from`). Rows without `isMeasured` are only begun from.
 */
export const rows = {
  ten: { title: '10 epochs anew', images: 'DATA/train', epochs: 10, isMeasured: true },
  on: {
    title: '10 epochs, and 10 more from its weights',
    images: 'DATA/train',
    epochs: 10,
    from: 'ten',
    isMeasured: true,
  },
  twenty: { title: '20 epochs anew', images: 'DATA/train', epochs: 20, isMeasured: true },
  five: { title: '5 epochs anew', images: 'DATA/train', epochs: 5, isMeasured: true },
  photos: { title: '300 photos', images: 'PHOTOS', epochs: photoEpochs },
  'photos-on': {
    title: `5 epochs from the weights of ${photoEpochs} epochs on 300 photos`,
    images: 'DATA/train',
    epochs: 5,
    from: 'photos',
    isMeasured: true,
  },
};

const machine = ['--threads', '1', '--workers', '1'];
const tenth = ['--train', 'DATA/train_10percent.txt', '--data-root', 'DATA/train'];
const val = ['--val', 'DATA/val'];

/**
 * The commands of one seed, each with what has to be there before; `DATA`, `PHOTOS` and `OUT` stand
 * for folders.
 *
 * @param {number} seed
 * @param {string[]} wanted names of rows
 * @param {boolean} isTrial whether all training is one step
 */
export function tasksOf(seed, wanted, isTrial) {
  const nameOf = (row) => `${row}-${seed}`;
  const length = (epochs) => (isTrial ? ['--steps', '1'] : ['--epochs', `${epochs}`]);
  const pretrain = (row) => {
    const { images, epochs, from } = rows[row];
    const start = from ? ['--from', `OUT/${nameOf(from)}`] : ['--model', 'swin-micro'];
    // The seed of the first half would repeat its crops and masks.
    const own = ['--seed', `${from ? 100 + seed : seed}`, '--out', `OUT/${nameOf(row)}`];
    return {
      name: nameOf(row),
      after: from && nameOf(from),
      args: ['pretrain', ...start, '--data', images, ...length(epochs)].concat(
        ['--batch-size', '64'],
        machine,
        own,
      ),
    };
  };
  const probe = (row) => ({
    name: `${nameOf(row)}-probe`,
    after: nameOf(row),
    args: ['probe', `OUT/${nameOf(row)}`, '--train', 'DATA/train', ...val],
  });
  // Scores of the last epoch are reported, so that none is chosen by what it is measured on.
  const once = ['--set', `evaluateEvery.epochs=${tuningEpochs}`];
  const finetune = (row) => ({
    name: `${nameOf(row)}-tenth`,
    after: nameOf(row),
    args: ['finetune', '--from', `OUT/${nameOf(row)}`, ...tenth, ...val].concat(
      length(tuningEpochs),
      once,
      ['--seed', `${seed}`],
      machine,
      ['--out', `OUT/${nameOf(row)}-tenth`],
    ),
  });
  const begun = Object.keys(rows).filter(
    (row) => wanted.includes(row) || wanted.some((each) => rows[each].from === row),
  );
  const measured = wanted.filter((row) => rows[row].isMeasured);
  return {
    pretrain: begun.map(pretrain),
    measure: measured.flatMap((row) => [probe(row), finetune(row)]),
  };
}
