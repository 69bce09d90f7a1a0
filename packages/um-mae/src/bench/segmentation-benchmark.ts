/** Training steps of segmentation, for measuring: UPerNet on a backbone, on random pixels. */
import { Generator, noGrad, scope, type Tensor, zeros } from '@um-mae/torch';
import { observing } from '@um-mae/torch/nn';
import { type BackboneOptions, encoderArithmetic, shapeOf } from '../backbones/families.js';
import { batchOf } from '../data/loading/loader.js';
import type { Segmentor } from '../heads/segmentation/segmentor.js';
import { segmentation } from '../recipes/kind.js';
import type { SegmentationRecipe } from '../recipes/segmentation/segmentation-recipe.js';
import { buildSegmentor, SegmentationTask } from '../tasks/segmentation/segmentation-task.js';
import { Trainer } from '../training/trainer.js';
import { type MeasuredSteps, randomPixels } from './step-benchmark.js';

export interface SegmentationBenchmarkOptions {
  readonly backbone: BackboneOptions;
  /** Side of the crops. */
  readonly size: number;
  readonly batchSize: number;
  readonly device: string;
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
  return { recipe, prepare, flops: 2 * 3 * multiplyAccumulates(recipe, options) };
}

function recipeOf({ backbone, size, batchSize }: SegmentationBenchmarkOptions): SegmentationRecipe {
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
    head: { channels, projection: { channels }, auxiliary: { channels } },
    data: { train: '.', val: '.', classes: rules },
  });
}

/** Multiply-accumulates of one image's forward pass: the encoder's, and all convolutions after it. */
function multiplyAccumulates(
  recipe: SegmentationRecipe,
  { backbone, size }: SegmentationBenchmarkOptions,
): number {
  const side = size / shapeOf(backbone).patch;
  const encoder = encoderArithmetic(backbone, { height: side, width: side, isCompact: false });
  const model = buildSegmentor(recipe, new Generator(0));
  const ofEncoder = Object.values(encoder).reduce((sum, part) => sum + part, 0);
  return ofEncoder + scope(() => ofConvolutions(model, size));
}

function ofConvolutions(model: Segmentor, size: number): number {
  const own = new Set([...model.encoder.modules()]);
  const images = 2;
  let sum = 0;
  observing(
    model,
    ({ module, output }) => {
      if (own.has(module) || !('weight' in module)) return;
      const { elements, shape } = module.weight as Tensor;
      if (shape.length !== 4) return;
      const [, , height, width] = (output as Tensor).sizes(4);
      sum += elements * height * width;
    },
    () => noGrad(() => model.forward(zeros([images, 3, size, size]))),
  );
  return sum;
}
