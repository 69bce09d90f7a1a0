/** Training steps of segmentation, for measuring: UPerNet on a backbone, on random pixels. */
import { Generator, noGrad, scope, zeros } from '@um-mae/torch';
import type { BackboneOptions } from '../backbones/families.js';
import { batchOf } from '../data/loading/loader.js';
import { segmentation } from '../recipes/kind.js';
import type { SegmentationRecipe } from '../recipes/segmentation/segmentation-recipe.js';
import { buildSegmentor, SegmentationTask } from '../tasks/segmentation/segmentation-task.js';
import { Trainer } from '../training/steps/trainer.js';
import { encoderProducts, layerProducts } from './layer-products.js';
import { type MeasuredSteps, randomPixels } from './step-benchmark.js';

export interface SegmentationBenchmarkOptions {
  readonly backbone: BackboneOptions;
  /** Side of the crops. */
  readonly size: number;
  readonly batchSize: number;
  readonly device: string;
  readonly precision: string;
}

const classes = 19;
/** Channels of projections and heads. */
const channels = 256;

/** Makes steps of a segmentor with projections and a head of 256 channels. */
export function segmentationSteps(options: SegmentationBenchmarkOptions): MeasuredSteps {
  const recipe = recipeOf(options);
  const { batchSize, device, size } = options;
  const pixels = batchSize * size * size;
  const prepare = () => {
    const trainer = new Trainer(new SegmentationTask({ recipe }), device, { records: false });
    const classMaps = Int32Array.from({ length: pixels }, (_, i) => (i >> 12) % classes);
    const image = { height: size, width: size };
    const batch = { ...batchOf(randomPixels(3 * pixels), image), classMaps };
    const step = () => {
      trainer.accumulate(batch);
      trainer.update(1e-4);
    };
    return { model: trainer.model, step };
  };
  return { recipe, prepare, flops: () => 2 * 3 * multiplyAccumulates(recipe, options) };
}

function recipeOf(options: SegmentationBenchmarkOptions): SegmentationRecipe {
  const { backbone, size, batchSize, precision } = options;
  const image = { height: size, width: size };
  const names = Array.from({ length: classes }, (_, value) => [`class ${value}`, value] as const);
  const rules = names.map(([name, value]) => ({ name, masks: [value], colour: '#000000' }));
  return segmentation.parse({
    task: 'segmentation',
    backbone,
    from: null,
    image,
    crop: image,
    scale: { long: 4 * size, short: size },
    batchSize,
    precision,
    head: { channels, projection: { channels }, auxiliary: { channels } },
    data: { train: '.', val: '.', classes: rules },
  });
}

/** Multiply-accumulates of one image's forward pass: the encoder's, and all layers after it. */
function multiplyAccumulates(
  recipe: SegmentationRecipe,
  { backbone, size }: SegmentationBenchmarkOptions,
): number {
  // Statistics of a batch need two.
  const images = 2;
  const model = buildSegmentor(recipe, new Generator(0));
  const products = scope(() =>
    layerProducts(model, () => noGrad(() => model.forward(zeros([images, 3, size, size])))),
  );
  return encoderProducts(backbone, size) + products / images;
}
