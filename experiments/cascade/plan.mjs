/**
 * The runs of the experiment: other heads in place of Mask R-CNN in the fine-tuning on nuclei of
 * `experiments/detection`, whose runs and pre-training they share.
 */
import { tasksOf } from '../detection/plan.mjs';

const set = 'nuclei';

/** Rows of the table: a title, the row of pre-training, and the head; Mask R-CNN has no name. */
export const rows = {
  'mask-rcnn': { title: 'Mask R-CNN, um-mae', from: 'um-mae' },
  cascade: { title: 'Cascade Mask R-CNN, um-mae', from: 'um-mae', head: 'cascade' },
  htc: { title: 'HTC, um-mae', from: 'um-mae', head: 'htc' },
  'htc-simmim': { title: 'HTC, simmim', from: 'simmim', head: 'htc' },
  'htc-scratch': { title: 'HTC, from scratch', from: 'scratch', head: 'htc' },
};

/** The name of a run of a row. */
export function nameOf(seed, row) {
  const { from, head } = rows[row];
  return `${seed}-${set}-${from}-finetune${head ? `-${head}` : ''}`;
}

/**
 * The commands of one seed: pre-training, and fine-tuning of each row.
 *
 * @param {number} seed
 * @param {string[]} names of rows
 */
export function cascadeTasks(seed, names) {
  const ofHeads = names.map((row) => {
    const { from, head } = rows[row];
    const { pretrain, finetune } = tasksOf(seed, { rows: [from], sets: [set] });
    const [task] = finetune;
    const name = nameOf(seed, row);
    const args = task.args.map((text) => (text === `OUT/${task.name}` ? `OUT/${name}` : text));
    const other = head ? ['--set', `head.kind=${head}`] : [];
    return { pretrain, finetune: { ...task, name, args: [...args, ...other] } };
  });
  const pretrain = ofHeads.flatMap((task) => task.pretrain);
  return {
    pretrain: pretrain.filter(({ name }, i) => pretrain.findIndex((p) => p.name === name) === i),
    finetune: ofHeads.map((task) => task.finetune),
  };
}
