/**
 * The three commands from ImageNet-1K to HTC++, and what a rehearsal changes in each. Words in
 * capital letters stand for folders and files.
 */

/** Pre-training without labels, classification, and detection with masks, each from the last. */
export const steps = [
  {
    name: 'pretrained',
    title: 'pre-training',
    args: ['pretrain', '--recipe', 'swin-large-um-800e', '--data', 'IMAGENET/train'],
  },
  {
    name: 'classifier',
    title: 'classification',
    args: [
      ...['finetune', '--recipe', 'swin-large-finetune-100e', '--from', 'OUT/pretrained'],
      ...['--data', 'IMAGENET'],
    ],
  },
  {
    name: 'htc',
    title: 'HTC++',
    args: [
      ...['finetune', '--recipe', 'htc-plus-swin-large-72e', '--from', 'OUT/classifier'],
      ...['--data', 'COCO'],
    ],
  },
];

/** Passes over the images in a rehearsal. */
const epochs = { pretrained: 24, classifier: 16, htc: 16 };

const set = (...values) => values.flatMap((value) => ['--set', value]);

/** A model of 64-pixel images, and no recipe's own way of taking memory or numbers of few bits. */
const shared = [
  ...['--model', 'swin-micro', '--accumulation', '1', '--precision', 'f32', '--threads', '2'],
  ...set('warmup={share: 0.1}', 'checkpointing=false'),
];

/** Values in place of those of the recipes, by the name of a step. */
const reductions = {
  pretrained: ['--image-size', '64', '--batch-size', '16', '--lr', '1e-3'],
  classifier: [
    ...['--image-size', '64', '--batch-size', '16', '--lr', '1e-3'],
    ...set('evaluateEvery={share: 1}'),
  ],
  htc: [
    ...['--image-size', '256', '--batch-size', '2', '--lr', '5e-4', '--patch', '2'],
    ...set(
      'schedule=null',
      'evaluateEvery={share: 1}',
      'input={kind: multi-scale, long: 256, short: {from: 96, to: 224}}',
      'inference.scale={long: 256, short: 192}',
      'projection={kind: norm-linear, channels: 64}',
      'head.channels=32',
      'head.boxChannels=64',
      'head.maskDepth=1',
      'head.regions=32',
      'head.anchors=64',
      'head.boxLayers={convolutions: 1, linear: 1, norm: group}',
      'head.proposals={training: {ofLevel: 100, all: 100}, evaluation: {ofLevel: 100, all: 100}}',
    ),
  ],
};

/**
 * The commands of a rehearsal: those of the headline with small values. `LISTS` is a folder with
 * `train.txt` and `val.txt`, images and their classes.
 *
 * @param {object} options
 * @param {number} options.share of the usual passes over the images
 * @param {string[]} options.values further arguments of the last command
 */
export function rehearsal({ share, values }) {
  const data = {
    pretrained: ['--data', 'COCO/images/train'],
    classifier: ['--train', 'LISTS/train.txt', '--val', 'LISTS/val.txt'],
    htc: ['--data', 'COCO', ...values],
  };
  return steps.map(({ name, title, args }) => {
    const passes = Math.max(1, Math.round(epochs[name] * share));
    const own = args.slice(0, args.indexOf('--data'));
    const reduced = [...shared, ...reductions[name], '--epochs', `${passes}`];
    const out = ['--out', `OUT/${name}`];
    return { name, title, epochs: passes, args: [...own, ...data[name], ...reduced, ...out] };
  });
}

/**
 * Classes of whole images for a set that has none: the group of the largest object, where at least
 * two groups have images enough; otherwise whether an image has few objects or many.
 *
 * @param {{train: object, val: object}} annotations of COCO
 * @returns {{train: [string, string][], val: [string, string][]}} file names and classes
 */
export function imageClasses(annotations) {
  const train = described(annotations.train);
  const counts = new Map();
  for (const { group } of train) counts.set(group, (counts.get(group) ?? 0) + 1);
  const groups = [...counts].filter(([, count]) => count >= 10).map(([group]) => group);
  const sorted = train.map(({ objects }) => objects).sort((a, b) => a - b);
  const middle = sorted[sorted.length >> 1];
  const classOf = ({ group, objects }) => {
    if (groups.length > 1) return groups.includes(group) ? group : undefined;
    return objects < middle ? 'few' : 'many';
  };
  const listed = (images) =>
    images.flatMap((image) => (classOf(image) ? [[image.file, classOf(image)]] : []));
  return { train: listed(train), val: listed(described(annotations.val)) };
}

/** Images that have objects, with the group of the largest one. */
function described({ images, annotations, categories }) {
  const groups = new Map(
    categories.map(({ id, name, supercategory }) => [id, supercategory ?? name]),
  );
  const objects = new Map(images.map(({ id }) => [id, []]));
  for (const one of annotations) objects.get(one.image_id)?.push(one);
  return images.flatMap(({ id, file_name: file }) => {
    const own = objects.get(id) ?? [];
    if (own.length === 0) return [];
    const largest = own.reduce((best, one) => (one.area > best.area ? one : best));
    return [{ file, objects: own.length, group: groups.get(largest.category_id) }];
  });
}
