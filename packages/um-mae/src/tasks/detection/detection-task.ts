/** Detection and instance segmentation as tasks of training. */
import { type Generator, scope, type Tensor, uploadArray } from '@um-mae/torch';
import type { ParameterGroup } from '@um-mae/torch/optim';
import { blocksOf } from '../../backbones/parts/blocks/residual-block.js';
import type { KnownImages } from '../../data/known-images.js';
import { batchOf } from '../../data/loading/loader.js';
import type { ObjectsOfImage } from '../../data/objects/known-objects.js';
import type { SampleObjects } from '../../data/objects/sample-objects.js';
import type { Detector } from '../../detection/networks/detector.js';
import type { OutlinedObjects } from '../../detection/networks/image-objects.js';
import { unlabelled } from '../../detection/networks/regions/semantic-head.js';
import type { Size } from '../../images/geometry/resize.js';
import { ignoredClass } from '../../images/masks/class-map.js';
import { normaliseImages } from '../../images/normalise.js';
import type { ObjectRecipe } from '../../recipes/detection/object-recipe.js';
import type { Evaluation, EvaluationOptions } from '../../training/evaluation.js';
import { layerDecayGroups } from '../../training/steps/layer-decay.js';
import type { Batch, Loss, LossContext } from '../../training/task.js';
import type { DenseStart } from '../../weights/initial/dense-weights.js';
import type { StartReport } from '../../weights/initial/initial-weights.js';
import { type ClassRows, headOrder, loadInOrder } from '../head-classes.js';
import type { StartedTask } from '../labelled-task.js';
import { buildDetector, sharesBoxes } from './build-detector.js';
import { evaluateDetector } from './evaluation/evaluation.js';
import { paddedSize } from './find-objects.js';
import { imageSampler } from './image-sampler.js';

/** A batch on the device: images [batch, 3, height, width], and the objects of each. */
export interface DetectionInputs {
  readonly images: Tensor;
  readonly objects: readonly OutlinedObjects[];
}

/** The recipe of a run, and the weights that it begins with. */
export interface DetectionTaskOptions {
  readonly recipe: ObjectRecipe;
  /**
   * Weights until the network is built; undefined from scratch, and where a checkpoint is loaded.
   */
  readonly start?: DenseStart | undefined;
}

/** A network that finds objects, in a run. */
export class DetectionTask implements StartedTask<Detector, ObjectsOfImage> {
  start: StartReport | undefined;
  /** Anchors and regions are drawn in the middle of a step. */
  readonly isFixed = false;
  readonly recipe: ObjectRecipe;

  private readonly order: readonly number[] | undefined;
  private readonly rowsOf: ClassRows;

  /** @throws CheckpointError when the weights to begin with have a head for other classes */
  constructor(private readonly options: DetectionTaskOptions) {
    this.recipe = options.recipe;
    const { head, data } = this.recipe;
    const { start } = options;
    this.rowsOf = rowsOfClass(head);
    const wanted = { classes: data.classes ?? [], isNew: head.new, rowsOf: this.rowsOf };
    this.order = start && headOrder(start, wanted);
  }

  /** @throws CheckpointError when the weights to begin with do not fit */
  build(generator: Generator): Detector {
    const { start } = this.options;
    const { head, image: target } = this.recipe;
    const model = buildDetector(this.recipe, generator);
    if (start) {
      const rows = { order: this.order, rowsOf: this.rowsOf };
      const rules = { target, newHead: head.new };
      this.start = loadInOrder(model, start, { ...rules, ...rows });
    }
    return model;
  }

  groups(model: Detector): ParameterGroup[] {
    const { optimizer, layerDecay, undecayed } = this.recipe;
    const { weightDecay } = optimizer;
    const blocks = blocksOf(model.encoder).length;
    const options = { blocks, layerDecay, weightDecay, undecayed };
    return layerDecayGroups(model.namedParameters(), options);
  }

  /** An image without objects, and without labels of stuff where these are learnt. */
  blank(): Batch<ObjectsOfImage> {
    const { head, image } = this.recipe;
    const { height, width } = paddedSize(image);
    const learnsStuff = head.kind === 'htc' && head.stuff !== null;
    return {
      ...batchOf<ObjectsOfImage>(new Uint8Array(height * width * 3), { height, width }),
      classMaps: learnsStuff ? new Int32Array(height * width).fill(ignoredClass) : undefined,
    };
  }

  inputs(model: Detector, batch: Batch, { device }: LossContext): DetectionInputs {
    const { pixels, size, sizes, objects, classMaps } = batch;
    const stuff = classMaps && uploadStuff(classMaps, size, device);
    return {
      images: normaliseImages(pixels, size, device),
      objects: sizes.map((own, i) => {
        const padded = fillsOutput(this.recipe) ? size : paddedSize(own);
        return {
          ...uploadObjects(objects[i], { size: own, padded, hasMasks: model.hasMasks, device }),
          stuff: stuff?.select(0, i),
        };
      }),
    };
  }

  loss(
    model: Detector,
    { images, objects }: DetectionInputs,
    { generator, rows, divisor }: LossContext,
  ): Loss {
    const features = model.forward(images);
    const rules = { sampler: imageSampler(generator, rows?.first), divisor };
    const losses = Object.entries(model.learn(features, objects, rules));
    const [first, ...more] = losses.map(([, loss]) => loss);
    return {
      total: more.reduce((sum, loss) => sum.add(loss), first as Tensor),
      parts: Object.fromEntries(losses.map(([name, loss]) => [name, loss.detach()])),
    };
  }

  evaluate(
    model: Detector,
    evaluated: KnownImages<ObjectsOfImage>,
    options: EvaluationOptions,
  ): Promise<Evaluation | undefined> {
    return evaluateDetector({ model, recipe: this.recipe }, evaluated, options);
  }
}

/** Layers whose outputs depend on the classes; those of cascades have the number of a stage. */
const classLayers =
  /^(?:bbox_head\.gfl_cls|roi_head\.bbox_head(?:\.\d)?\.fc_(?:cls|reg)|roi_head\.mask_head(?:\.\d)?\.conv_logits)\./;

/** Rows of each class in the tensors of a detector: a score or a mask, or four sides of a box. */
function rowsOfClass(head: ObjectRecipe['head']): ClassRows {
  return (name) => {
    if (!classLayers.test(name)) return undefined;
    if (!name.includes('fc_reg')) return 1;
    return sharesBoxes(head) ? undefined : 4;
  };
}

/** Whether all images are padded to one size, as published for large-scale jitter. */
export function fillsOutput({ published, input }: ObjectRecipe): boolean {
  return published && input.kind === 'jitter';
}

/** Pixels of the input to a place of the semantic branch, in each direction. */
const stuffStride = 8;

/**
 * The class of every eighth pixel, as published.
 *
 * @param maps of `size` each
 * @returns i64 [batch, rows, columns]
 */
function uploadStuff(maps: Int32Array, { height, width }: Size, device: string): Tensor {
  const [rows, columns] = [height / stuffStride, width / stuffStride];
  const count = maps.length / (height * width);
  const labels = Int32Array.from({ length: count * rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const label = maps[(row * width + column) * stuffStride] ?? ignoredClass;
    return label === ignoredClass ? unlabelled : label;
  });
  return scope(() => uploadArray(labels, { shape: [count, rows, columns], device }).to('i64'));
}

interface UploadOptions {
  readonly size: Size;
  readonly padded: Size;
  readonly hasMasks: boolean;
  readonly device: string;
}

const noObjects: SampleObjects = {
  boxes: new Float32Array(0),
  labels: new Int32Array(0),
  masks: [],
};

function uploadObjects(
  { boxes, labels, masks = [] }: SampleObjects = noObjects,
  { size, padded, hasMasks, device }: UploadOptions,
): OutlinedObjects {
  const count = labels.length;
  return {
    boxes: uploadArray(boxes, { shape: [count, 4], device }),
    labels: scope(() => uploadArray(labels, { shape: [count], device }).to('i64')),
    size,
    padded,
    masks: hasMasks ? uploadMasks(masks, padded, device) : undefined,
  };
}

/** @returns u8 [objects, height, width], 0 or 1 */
function uploadMasks(
  masks: NonNullable<SampleObjects['masks']>,
  { height, width }: Size,
  device: string,
): Tensor {
  const pixels = new Uint8Array(masks.length * height * width);
  for (const [i, { left, top, width: across, height: down, pixels: own }] of masks.entries()) {
    for (let row = 0; row < down; row++) {
      const line = own.subarray(row * across, (row + 1) * across);
      pixels.set(line, (i * height + top + row) * width + left);
    }
  }
  return uploadArray(pixels, { shape: [masks.length, height, width], device });
}
