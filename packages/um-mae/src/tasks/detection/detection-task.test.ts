import { Generator, noGrad, rand } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import { batchOf } from '../../data/loading/loader.js';
import type { Detector } from '../../detection/networks/detector.js';
import type { RcnnFeatures } from '../../detection/networks/mask-rcnn.js';
import { seededRandom } from '../../random.js';
import { namedDetection, namedInstances } from '../../recipes/detection/named.js';
import { detection, instances } from '../../recipes/kind.js';
import { modelRecipe } from '../../recipes/pretrain/named.js';
import { Trainer } from '../../training/steps/trainer.js';
import type { Batch } from '../../training/task.js';
import { buildDetector } from './build-detector.js';
import { DetectionTask } from './detection-task.js';
import { findObjects } from './find-objects.js';

const given = { from: null, data: { train: 'train', val: 'val', classes: ['a', 'b'] } };
const size = { height: 64, width: 96 };

describe('the weight decay of published detection', () => {
  const small = {
    ...given,
    backbone: modelRecipe('swin-micro').backbone,
    image: { height: 64, width: 64 },
    input: { kind: 'jitter', height: 64, width: 64 },
  };
  const decayOf = (recipe: DetectionTask['recipe']) => {
    const task = new DetectionTask({ recipe });
    const groups = task.groups(task.build(new Generator(0)));
    const all = groups.flatMap(({ parameters, weightDecay }) =>
      [...parameters.keys()].map((name) => [name, weightDecay] as const),
    );
    return new Map(all);
  };

  test('leaves out names with norm, bias and pos_embed in GFL, and no other norms', () => {
    const head = { kind: 'gfl', channels: 32, norm: 'batch', depth: 1 };
    const own = { ...namedDetection['gfl-swin-tiny'], ...small, projection: { channels: 32 } };
    const decay = decayOf(detection.parse({ ...own, head }));
    for (const [name, value] of decay) {
      expect(value, name).toBe(/norm|bias|pos_embed/.test(name) ? 0 : 0.05);
    }
    const spared = ['patch_embed.norm.weight', 'blocks.0.norm1.weight', 'up2.0.bias'];
    for (const name of spared) expect(decay.get(name), name).toBe(0);
    const decayed = [
      'up2.0.weight',
      'neck.lateral_convs.0.bn.weight',
      'bbox_head.cls_convs.0.gn.weight',
      'bbox_head.scales.0.scale',
    ];
    for (const name of decayed) expect(decay.get(name), name).toBe(0.05);
  });

  test('reaches the biases of Mask R-CNN on a Swin, and no norms of the backbone', () => {
    const head = { kind: 'mask-rcnn', channels: 16, boxChannels: 32, maskDepth: 1 };
    const own = { ...namedInstances['mask-rcnn-swin-tiny-1x'], ...small, head };
    const decay = decayOf(instances.parse(own));
    for (const name of ['norm0.weight', 'norm0.bias', 'blocks.0.norm1.weight']) {
      expect(decay.get(name), name).toBe(0);
    }
    for (const name of ['blocks.0.attn.qkv.bias', 'roi_head.bbox_head.fc_cls.bias']) {
      expect(decay.get(name), name).toBe(0.05);
    }
  });
});

test.each(Object.entries(namedInstances).filter(([name]) => name.startsWith('htc-plus')))(
  '%s is an HTC of 16 images a step with all that HTC++ adds',
  (name, named) => {
    const recipe = instances.parse({ ...named, ...given });
    expect(recipe.batchSize * recipe.accumulation).toBe(16);
    expect(recipe.duration).toEqual({ epochs: Number(/(\d+)e$/.exec(name)?.[1]) });
    expect(recipe).toMatchObject({
      head: { kind: 'htc', boxLoss: 'giou', boxLayers: { convolutions: 4, linear: 1 } },
      input: { kind: 'multi-scale', long: 1600, short: { from: 400, to: 1400 } },
      inference: { scale: { long: 1600, short: 1400 }, overlap: 0.5, soft: { decay: 'linear' } },
      instaBoost: { probability: 0.5 },
      globalBlock: true,
    });
  },
);

describe('a block of attention to all of the image', () => {
  const recipe = instances.parse({
    ...given,
    backbone: { ...modelRecipe('swin-micro').backbone, channels: 16, patch: 4 },
    input: { kind: 'jitter', ...size },
    head: { channels: 16, boxChannels: 32, maskDepth: 1, regions: 32 },
  });
  const appended = { ...recipe, globalBlock: true };
  const images = rand([1, 3, 64, 96], { generator: new Generator(1) });
  const levelsOf = (model: Detector) =>
    noGrad(() => (model.eval().forward(images) as RcnnFeatures).levels);

  test('changes nothing at first, and has the learning rate of the head', () => {
    const [plain, own] = [recipe, appended].map((each) => buildDetector(each, new Generator(0)));
    if (!plain || !own) throw new RangeError('expected two detectors');
    const allow = [...own.state().keys()].filter((name) => name.startsWith('global_block.'));
    expect(allow.length).toBeGreaterThan(0);
    own.loadState(plain.state(), { allow });
    const [before, after] = [levelsOf(plain), levelsOf(own)];
    for (const [i, level] of after.entries()) expect(before[i]?.equal(level)).toBe(true);
    const groups = new DetectionTask({ recipe: appended }).groups(own);
    const scaleOf = (name: string) =>
      groups.find(({ parameters }) => [...parameters.keys()].includes(name))?.learningRateScale;
    expect(scaleOf('global_block.attn.proj.weight')).toBe(1);
    expect(scaleOf('blocks.4.attn.proj.weight')).toBe(recipe.layerDecay);
  });

  test('is refused on a plain ViT, whose blocks do so', () => {
    const backbone = { kind: 'vit', channels: 16, depth: 2, heads: 2, patch: 16 };
    const on = instances.parse({ ...given, backbone, globalBlock: true });
    expect(() => buildDetector(on, new Generator(0))).toThrow(
      'Expected no `globalBlock` on a backbone whose blocks attend to all of the image',
    );
  });
});

const drawn = seededRandom(5);
const pixels = Uint8Array.from({ length: size.height * size.width * 3 }, () => 256 * drawn());
const inside = { left: 8, top: 8, width: 40, height: 36 };
/** One object, and on its left the stuff of class 1. */
const batch: Batch = {
  ...batchOf(pixels, size),
  objects: [
    {
      boxes: Float32Array.of(8, 8, 48, 44),
      labels: Int32Array.of(1),
      masks: [{ ...inside, pixels: new Uint8Array(inside.width * inside.height).fill(1) }],
    },
  ],
};

describe.each([
  ['cascade', { kind: 'cascade', sharesBoxes: false }],
  ['htc', { kind: 'htc', stuff: 2 }],
] as const)('a step of %s', (_, kind) => {
  const layers = { convolutions: 1, linear: 1, norm: 'frozen' };
  const sizes = { channels: 16, boxChannels: 32, maskDepth: 1, regions: 512, anchors: 4096 };
  const recipe = instances.parse({
    ...given,
    backbone: { ...modelRecipe('swin-micro').backbone, channels: 16, patch: 4 },
    input: { kind: 'jitter', ...size },
    head: { ...sizes, ...kind, boxLayers: layers, boxLoss: 'giou' },
    accumulation: 2,
  });
  const classMaps = Int32Array.from({ length: size.height * size.width }, (_, place) =>
    Number(place % size.width < inside.left),
  );

  /** Losses of two batches of one image, and the gradients of both. */
  function gradientsOf(changes: Partial<typeof recipe>) {
    const trainer = new Trainer(new DetectionTask({ recipe: { ...recipe, ...changes } }), 'cpu');
    const losses = [0, 1].flatMap(() => {
      const { total, parts } = trainer.accumulate({ ...batch, classMaps });
      return [total, ...parts.values()].map((late) => late.value());
    });
    const gradients = [...trainer.model.namedParameters()].map(
      ([name, { grad }]) => [name, grad?.clone().keep()] as const,
    );
    return { losses, gradients, state: trainer.model.state() };
  }

  const plain = gradientsOf({});

  test('is the same whether activations are kept or computed once more', () => {
    const again = gradientsOf({ checkpointing: true });
    expect(again.losses).toEqual(plain.losses);
    for (const [i, [name, gradient]] of again.gradients.entries()) {
      const own = plain.gradients[i]?.[1];
      expect(own && gradient?.equal(own), name).toBe(true);
    }
  });

  test('has nearly the same losses in bf16', () => {
    const { losses, gradients } = gradientsOf({ precision: 'bf16' });
    for (const [i, loss] of losses.entries())
      expect(loss).toBeCloseTo(plain.losses[i] ?? Number.NaN, 1);
    for (const [name, gradient] of gradients) {
      expect(gradient?.isfinite().all().item(), name).toBe(true);
    }
  });

  test('learns of an image smaller than a stride with an object of one pixel, and looks at it', () => {
    const padded = { height: 32, width: 32 };
    const own = { height: 3, width: 5 };
    const pixel = { left: 4, top: 2, width: 1, height: 1 };
    const tiny: Batch = {
      ...batchOf(pixels.subarray(0, 3 * padded.height * padded.width), padded),
      sizes: [own],
      classMaps: classMaps.subarray(0, padded.height * padded.width),
      objects: [
        {
          boxes: Float32Array.of(4, 2, 5, 3),
          labels: Int32Array.of(0),
          masks: [{ ...pixel, pixels: Uint8Array.of(1) }],
        },
      ],
    };
    const trainer = new Trainer(new DetectionTask({ recipe }), 'cpu');
    expect(trainer.accumulate(tiny).total.value()).toSatisfy(Number.isFinite);
    expect(trainer.update(1e-2).value()).toSatisfy(Number.isFinite);
    const view = { pixels: tiny.pixels, padded, size: own, original: own };
    const inference = { ...recipe.inference, leastScore: 0 };
    const found = findObjects(
      { model: trainer.model, recipe: { ...recipe, inference } },
      [view],
      'cpu',
    );
    for (const { score, box, mask } of found) {
      expect([score, ...box].every(Number.isFinite)).toBe(true);
      expect(mask).toMatchObject(own);
    }
  });

  test('leaves the statistics of frozen norms', () => {
    for (const k of [0, 1, 2]) {
      const name = `roi_head.bbox_head.${k}.shared_convs.0.bn`;
      const mean = plain.state.get(`${name}.running_mean`);
      expect([...(mean?.toArray() ?? [])].map(Number)).toEqual(Array(sizes.channels).fill(0));
      expect(plain.gradients.map(([own]) => own)).toContain(`${name}.weight`);
    }
  });
});

describe('a detector on a plain ViT', () => {
  const plain = {
    ...given,
    backbone: { kind: 'vit', channels: 16, depth: 2, heads: 2, patch: 16 },
    image: { height: 64, width: 64 },
    input: { kind: 'jitter', ...size },
    dropPath: 0,
  };
  const gfl = detection.parse({ ...plain, head: { channels: 32, depth: 1 } });
  const maskRcnn = instances.parse({
    ...plain,
    head: { channels: 16, boxChannels: 32, maskDepth: 1, regions: 32 },
  });
  const stages = { channels: 16, boxChannels: 32, maskDepth: 1, regions: 32 };
  const layers = { convolutions: 1, linear: 1, norm: 'group' };
  const cascade = instances.parse({
    ...plain,
    head: { kind: 'cascade', ...stages, boxLayers: layers, boxLoss: 'giou' },
  });
  const htc = instances.parse({ ...plain, head: { kind: 'htc', ...stages } });
  test.each([
    // GFL begins with the second map, of stride 8.
    ['gfl', gfl, ['simple_fpn.0.']],
    ['mask-rcnn', maskRcnn, []],
    ['cascade', cascade, []],
    ['htc', htc, []],
  ] as const)('has gradients wherever a loss depends on it (%s)', (_, recipe, unused) => {
    const task = new DetectionTask({ recipe });
    const context = { generator: new Generator(1), device: 'cpu' };
    const model = task.build(context.generator);
    const { total } = task.loss(model, task.inputs(model, batch, context), context);
    total.backward();
    const without = [...model.namedParameters()].flatMap(([name, { grad }]) =>
      grad === undefined && !unused.some((start) => name.startsWith(start)) ? [name] : [],
    );
    expect(total.number()).toSatisfy(Number.isFinite);
    expect(without).toEqual([]);
  });

  test.each([
    ['gfl', gfl],
    ['mask-rcnn', maskRcnn],
    ['htc', htc],
  ] as const)('learns in one step, down to its embedding (%s)', (_, recipe) => {
    const trainer = new Trainer(new DetectionTask({ recipe }), 'cpu');
    const embedding = trainer.model.namedParameters().get('patch_embed.proj.weight');
    const before = embedding?.detach().clone();
    const { total } = trainer.accumulate(batch);
    trainer.update(1e-2);
    expect(total.value()).toSatisfy(Number.isFinite);
    expect(embedding && before && embedding.sub(before).abs().amax().number()).toBeGreaterThan(0);
  });

  test('shows averaged weights with the statistics of norms that training has', () => {
    const { backbone } = modelRecipe('swin-micro');
    const own = { ...plain, backbone: { ...backbone, channels: 16, patch: 4 }, averageDecay: 0.9 };
    const head = { channels: 32, depth: 1, norm: 'batch' };
    const trainer = new Trainer(
      new DetectionTask({ recipe: detection.parse({ ...own, head }) }),
      'cpu',
    );
    trainer.accumulate(batch);
    trainer.update(1e-2);
    trainer.average(1);
    const [trained, shown] = [trainer.model.state(), trainer.shown.state()];
    const name = 'neck.fpn_convs.0.bn.running_mean';
    expect(trained.get(name)?.abs().amax().number()).toBeGreaterThan(0);
    expect(shown.get(name)?.toArray()).toEqual(trained.get(name)?.toArray());
    const weight = 'bbox_head.gfl_cls.weight';
    expect(shown.get(weight)?.toArray()).not.toEqual(trained.get(weight)?.toArray());
  });
});
