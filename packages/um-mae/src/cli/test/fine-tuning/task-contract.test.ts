/** The contract of tasks: the same test cases on each of them, and on the toy task. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Generator, scope, type Tensor } from '@um-mae/torch';
import type { Module } from '@um-mae/torch/nn';
import { describe, expect, test } from 'vitest';
import { batchOf } from '../../../data/loading/loader.js';
import type { ObjectsOfImage } from '../../../data/objects/known-objects.js';
import { openImages } from '../../../data/sources/open-images.js';
import { writeScenes } from '../../../demo/scenes.js';
import { seededRandom } from '../../../random.js';
import { classification, detection, instances, pretraining } from '../../../recipes/kind.js';
import { parseFinetuneRecipe, parsePretrainRecipe } from '../../../recipes/parse.js';
import { modelRecipe } from '../../../recipes/pretrain/named.js';
import type { RecipeKind } from '../../../recipes/recipe-kind.js';
import { ClassificationTask } from '../../../tasks/classification/classification-task.js';
import { DetectionTask } from '../../../tasks/detection/detection-task.js';
import { PretrainTask } from '../../../tasks/pretrain/pretrain-task.js';
import { Trainer } from '../../../training/steps/trainer.js';
import type { Batch, Task } from '../../../training/task.js';
import { temporaryFolder } from '../../testing/command-line.js';
import { meanColour } from '../../testing/mean-colour/recipe.js';
import { MeanColourTask } from '../../testing/mean-colour/task.js';

const image = { height: 32, width: 32 };
const { backbone } = modelRecipe('swin-micro');
const common = { backbone, image, batchSize: 3, dropPath: 0 };
const classes = { from: null, data: { train: 'train', val: 'val' }, head: { classes: ['a', 'b'] } };

const random = seededRandom(3);
const pixels = Uint8Array.from({ length: 3 * 32 * 32 * 3 }, () => 256 * random());
const batch = batchOf(pixels, image, [1, 0, 1]);

const detected = {
  from: null,
  data: { train: 'train', val: 'val', classes: ['a', 'b'] },
  projection: { channels: 16 },
  input: { kind: 'jitter', ...image },
};
const pixelsInside = new Uint8Array(12 * 12).fill(1);
const withObjects: Batch = {
  ...batch,
  objects: batch.indices.map((_, i) => ({
    boxes: Float32Array.of(4, 6, 16, 18),
    labels: Int32Array.of(i % 2),
    masks: [{ left: 4, top: 6, width: 12, height: 12, pixels: pixelsInside }],
  })),
};
const knownObjects = (index: number): ObjectsOfImage => ({
  id: index + 1,
  size: image,
  objects: [
    {
      id: index + 1,
      label: index % 2,
      box: [4, 6, 12, 12],
      area: 144,
      isCrowd: false,
      outline: { kind: 'polygons', polygons: [[4, 6, 16, 6, 16, 18, 4, 18]] },
    },
  ],
});

const tasks: readonly {
  readonly name: string;
  readonly task: Task;
  readonly kind: Pick<RecipeKind<unknown>, 'scores' | 'primaryScore'>;
  /** Facts about the images of the test. Default: a class of each. */
  readonly batch?: Batch;
  readonly known?: (index: number) => unknown;
}[] = [
  {
    name: 'pre-training',
    task: new PretrainTask(parsePretrainRecipe(common)),
    kind: pretraining,
  },
  {
    name: 'classification',
    task: new ClassificationTask({ recipe: parseFinetuneRecipe({ ...common, ...classes }) }),
    kind: classification,
  },
  {
    name: 'detection',
    task: new DetectionTask({
      recipe: detection.parse({
        ...common,
        ...detected,
        head: { channels: 16, depth: 1 },
      }),
    }),
    kind: detection,
    batch: withObjects,
    known: knownObjects,
  },
  {
    name: 'instances',
    task: new DetectionTask({
      recipe: instances.parse({
        ...common,
        ...detected,
        head: { channels: 16, boxChannels: 32, maskDepth: 1, regions: 32 },
      }),
    }),
    kind: instances,
    batch: withObjects,
    known: knownObjects,
  },
  {
    name: 'the toy task',
    task: new MeanColourTask(meanColour.parse({ ...common, from: null, data: { path: 'images' } })),
    kind: meanColour,
  },
];

/** A digest of each tensor: a comparison number by number of a whole network takes seconds. */
const digestsOf = (model: Module) =>
  scope(() => [...model.state()].map(([name, tensor]) => `${name} ${digestOf(tensor)}`));

function digestOf(tensor: Tensor): string {
  return createHash('sha256').update(tensor.contiguous().toArray()).digest('hex');
}

const folder = temporaryFolder();

describe.each(tasks)('$name', ({ task, kind, batch: given, known }) => {
  const shown = given ?? batch;
  const context = (seed = 1) => ({ generator: new Generator(seed), device: 'cpu' });

  test('builds the same network of the same seed, and another one of another', () => {
    const weightsOf = (seed: number) => digestsOf(task.build(new Generator(seed)));
    expect(weightsOf(1)).toEqual(weightsOf(1));
    expect(weightsOf(1)).not.toEqual(weightsOf(2));
  });

  test('has every parameter in one group, its encoder among them', () => {
    const model = task.build(new Generator(1));
    const grouped = task.groups(model).flatMap(({ parameters }) => [...parameters.keys()]);
    expect(grouped.toSorted()).toEqual([...model.namedParameters().keys()].toSorted());
    expect(model.encoder.namedParameters().size).toBeGreaterThan(0);
  });

  test('has a finite scalar for a loss, and its parts without a gradient', () => {
    const model = task.build(new Generator(1));
    const { total, parts } = task.loss(model, task.inputs(model, shown, context()), context());
    for (const tensor of [total, ...Object.values(parts)]) {
      expect(tensor.shape).toEqual([]);
      expect(tensor.number()).toSatisfy(Number.isFinite);
    }
    expect(total.requiresGrad).toBe(true);
    expect(Object.values(parts).some(({ requiresGrad }) => requiresGrad)).toBe(false);
  });

  test('draws of the generator that it is given alone', () => {
    const model = task.build(new Generator(1));
    const lossOf = (seed: number) => {
      const drawing = context(seed);
      return task.loss(model, task.inputs(model, shown, drawing), drawing).total.number();
    };
    expect(lossOf(4)).toBe(lossOf(4));
  });

  test.runIf(task.isFixed)('has inputs of the same shapes and a loss that draws nothing', () => {
    const model = task.build(new Generator(1));
    const drawing = context();
    const shapesOf = (inputs: object) =>
      Object.values(inputs).map((tensor: Tensor) => tensor.shape);
    const inputs = task.inputs(model, shown, drawing);
    expect(shapesOf(task.inputs(model, shown, context(9)))).toEqual(shapesOf(inputs));
    const before = drawing.generator.state;
    task.loss(model, inputs, drawing);
    expect(drawing.generator.state).toEqual(before);
  });

  test('is evaluated by scores that its kind describes, without a change to the run', async () => {
    const model = task.build(new Generator(1));
    const before = digestsOf(model);
    await writeScenes(folder, { perClass: { train: 1, val: 1 }, seed: 1, size: 32 });
    const { images } = await openImages([join(folder, 'val')]);
    const evaluated = { images, targets: known ?? ((index: number) => index % 2) };
    const options = { device: 'cpu', workers: 1, batchSize: 2 };
    const found = await task.evaluate(model, evaluated, options);
    assert(found, 'one process has all that is found');
    expect(found).toMatchObject({ images: 8, skipped: [] });
    expect(model.training).toBe(true);
    expect(digestsOf(model)).toEqual(before);
    expect((await task.evaluate(model, evaluated, options))?.scores).toEqual(found.scores);
    const described = kind.scores.map(({ name }) => name);
    expect(Object.keys(found.scores).toSorted()).toEqual(described.toSorted());
    if (kind.primaryScore) expect(found.scores[kind.primaryScore.name]).toSatisfy(Number.isFinite);
  });

  test('learns: the loss of one batch falls', () => {
    const trainer = new Trainer(task, 'cpu');
    const losses = Array.from({ length: 30 }, () => {
      const { total } = trainer.accumulate(shown);
      trainer.update(3e-3);
      return total.value();
    });
    const mean = (numbers: readonly number[]) =>
      numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    expect(mean(losses.slice(-5))).toBeLessThan(mean(losses.slice(0, 5)));
  });
});
