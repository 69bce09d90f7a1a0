/** The small tasks with dense heads that a device is checked with: pixels, boxes and masks. */
import type { ObjectRecipe } from '../recipes/detection/object-recipe.js';
import { detection, instances, segmentation } from '../recipes/kind.js';
import { modelRecipe } from '../recipes/pretrain/named.js';
import { DetectionTask } from '../tasks/detection/detection-task.js';
import { SegmentationTask } from '../tasks/segmentation/segmentation-task.js';
import { batchSize, imagesFor, type SmallTask } from './subjects.js';

const image = { height: 32, width: 32 };
const { backbone } = modelRecipe('swin-micro');
const common = { backbone, image, batchSize, from: null, dropPath: 0 };
const data = { train: 'images', val: 'images' };
const projection = { channels: 16 };
const head = { channels: 16, norm: 'group' };

/** Their convolutions round one after the other. */
const halfGradients = 1e-1;

/** One task of each kind of dense head. */
export function denseTasks(): SmallTask[] {
  // Anchors hardly overlap, and all become regions to learn from: else rounding would choose.
  const all = 512;
  const regions = { regions: all, proposals: { training: { ofLevel: all, all } }, anchorScale: 2 };
  const masks = { ...head, boxChannels: 32, maskDepth: 1, ...regions };
  return [
    upernet(),
    detector('GFL', detection.parse({ ...objectsOn(), head: { ...head, depth: 1 } })),
    detector('Mask R-CNN', instances.parse({ ...objectsOn(), head: masks })),
  ];
}

function objectsOn() {
  const classes = ['one', 'other'];
  const input = { kind: 'jitter', ...image };
  return { ...common, data: { ...data, classes }, projection, input };
}

function upernet(): SmallTask {
  const names = ['one', 'other'];
  const classes = names.map((name, value) => ({ name, masks: [value], colour: '#000000' }));
  const recipe = segmentation.parse({
    ...common,
    crop: image,
    scale: { long: 128, short: 32 },
    head: { ...head, norm: 'batch', projection, auxiliary: { channels: 16 } },
    data: { ...data, classes },
  });
  const pixels = batchSize * image.height * image.width;
  const classMaps = Int32Array.from({ length: pixels }, (_, i) => (i >> 4) % 2);
  return {
    name: 'UPerNet on swin-micro',
    halfGradients,
    batch: { ...imagesFor(recipe), classMaps },
    task: (precision) => new SegmentationTask({ recipe: { ...recipe, precision } }),
  };
}

/** A detector of one square in each image. */
function detector(name: string, recipe: ObjectRecipe): SmallTask {
  const images = imagesFor(recipe);
  const side = 12;
  const pixels = new Uint8Array(side * side).fill(1);
  const objects = images.indices.map((i) => ({
    boxes: Float32Array.of(i, i + 4, i + side, i + 4 + side),
    labels: Int32Array.of(i % 2),
    masks: [{ left: i, top: i + 4, width: side, height: side, pixels }],
  }));
  return {
    name: `${name} on swin-micro`,
    halfGradients,
    batch: { ...images, objects },
    task: (precision) => new DetectionTask({ recipe: { ...recipe, precision } }),
  };
}
