/** Training steps of detectors, for measuring: on random pixels with objects drawn on no picture. */
import type { BackboneOptions } from '../backbones/families.js';
import { batchOf } from '../data/loading/loader.js';
import type { SampleObjects } from '../data/objects/sample-objects.js';
import { type Random, randomBetween, randomInteger, seededRandom } from '../random.js';
import type { ObjectRecipe } from '../recipes/detection/object-recipe.js';
import { detection, instances } from '../recipes/kind.js';
import { DetectionTask } from '../tasks/detection/detection-task.js';
import { Trainer } from '../training/steps/trainer.js';
import { encoderProducts, layerProducts } from './layer-products.js';
import { type MeasuredSteps, randomPixels } from './step-benchmark.js';

export interface DetectionBenchmarkOptions {
  readonly task: 'detection' | 'instances';
  readonly backbone: BackboneOptions;
  /** Side of the images. */
  readonly size: number;
  readonly batchSize: number;
  readonly device: string;
  readonly precision: string;
}

/** The number of classes of COCO. */
const classes = 80;
/** Pixels of an image to an object: twice as many objects as COCO has in the mean at 512 pixels. */
const pixelsOfObject = 512 ** 2 / 14;
/** Sides of objects, in parts of that of the image. */
const sides = [0.05, 0.45] as const;

/** Makes steps of GFL or Mask R-CNN with a pyramid of 256 channels, all values as published. */
export function detectionSteps(options: DetectionBenchmarkOptions): MeasuredSteps {
  const recipe = recipeOf(options);
  const { backbone, batchSize, device, size } = options;
  const image = { height: size, width: size };
  let [taken, products] = [0, 0];
  const prepare = () => {
    const trainer = new Trainer(new DetectionTask({ recipe }), device, { records: false });
    const pixels = randomPixels(batchSize * size * size * 3);
    const random = seededRandom(0);
    const drawn = Array.from({ length: batchSize }, () => drawObjects(size, random));
    const batch = { ...batchOf(pixels, image), objects: drawn };
    const step = () => {
      products += layerProducts(trainer.model, () => trainer.accumulate(batch));
      trainer.update(1e-4);
      taken++;
    };
    return { model: trainer.model, step };
  };
  const ofEncoder = encoderProducts(backbone, size);
  // How many regions hold an object, and so have a mask, changes from step to step.
  const flops = () => 2 * 3 * (ofEncoder + products / (taken * batchSize));
  return { recipe, prepare, flops };
}

function recipeOf(options: DetectionBenchmarkOptions): ObjectRecipe {
  const { task, backbone, size, batchSize, precision } = options;
  const kind = task === 'detection' ? detection : instances;
  const image = { height: size, width: size };
  return kind.parse({
    task,
    backbone,
    from: null,
    image,
    input: { kind: 'jitter', ...image },
    projection: { kind: 'norm' },
    batchSize,
    precision,
    data: {
      train: '.',
      val: '.',
      classes: Array.from({ length: classes }, (_, value) => `class ${value}`),
    },
  });
}

/** Ellipses of any place and size. */
function drawObjects(size: number, random: Random): SampleObjects {
  const [least, most] = sides;
  const length = Math.max(1, Math.round(size ** 2 / pixelsOfObject));
  const masks = Array.from({ length }, () => {
    const side = () => Math.ceil(size * randomBetween(random, least, most));
    const [width, height] = [side(), side()];
    const start = (length: number) => randomInteger(random, size - length);
    const box = { left: start(width), top: start(height), width, height };
    return { ...box, pixels: ellipse(width, height) };
  });
  const corners = masks.flatMap(({ left, top, width, height }) => {
    return [left, top, left + width, top + height];
  });
  return {
    boxes: Float32Array.from(corners),
    labels: Int32Array.from(masks, (_, i) => (7 * i) % classes),
    masks,
  };
}

/** @returns [height, width], 1 = inside */
function ellipse(width: number, height: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const x = (2 * ((i % width) + 0.5)) / width - 1;
    const y = (2 * (Math.floor(i / width) + 0.5)) / height - 1;
    return Number(x ** 2 + y ** 2 <= 1);
  });
}
