/**
 * RandAugment as the decoding threads do it, on bytes, beside the same operations as tensors on the
 * main thread, and what it adds to loading.
 *
 *     node packages/um-mae/bench/augmentation.mjs [SIDE]
 *
 * Processor time, as that is what an image costs while other threads are busy; both sides in turn,
 * and of each the fastest round. The tensors have the better part: a whole batch gets one
 * operation, and they start and end as floats. An image gets one operation on average, so the mean
 * is what RandAugment costs for an image.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callOperator, conv2d, fromArray, scope, setThreads, tensor, where } from '@um-mae/torch';
import sharp from 'sharp';
import { photoLike } from '../dist/bench/loader-benchmark.js';
import { ImageLoader } from '../dist/data/loading/loader.js';
import { fileSet } from '../dist/data/sources/files.js';
import { rotation } from '../dist/images/augmentation/affine.js';
import { amountOf, applyOperation } from '../dist/images/augmentation/operations.js';

const side = Number(process.argv[2] ?? 224);
const [batch, rounds] = [32, 7];
const images = Array.from({ length: batch }, (_, seed) => ({
  width: side,
  height: side,
  data: photoLike(seed, side, side),
}));
const say = (...columns) =>
  process.stdout.write(`${columns.map((column) => String(column).padEnd(22)).join('')}\n`);

/** Processor milliseconds of `work`, of all threads. */
function processorMs(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

// f32 [batch, 3, side, side], levels of 0 to 255.

const limited = (x) => x.clamp({ min: 0, max: 255 });
const grey = (x) =>
  x.mul(tensor([0.299, 0.587, 0.114]).reshape([1, 3, 1, 1])).sum(1, { keepdim: true });
const blend = (dull, x, factor) => limited(dull.add(x.sub(dull).mul(factor)));

function affine(x, matrix) {
  const [a, b, c, d, e, f] = matrix;
  // From pixels to -1 ... 1.
  const theta = [
    [a, b, (2 * c) / side + a + b - 1],
    [d, e, (2 * f) / side + d + e - 1],
  ];
  const each = tensor([theta]).expand([batch, 2, 3]);
  const grid = callOperator('aten::affine_grid_generator', each, [batch, 3, side, side], false);
  const fill = tensor([124, 116, 104]).reshape([1, 3, 1, 1]);
  const [bicubic, zeros] = [2, 0];
  const sampled = callOperator('aten::grid_sampler', x.sub(fill), grid, bicubic, zeros, false);
  return limited(sampled.add(fill));
}

const smooth = tensor([1, 1, 1, 1, 5, 1, 1, 1, 1]).div(13).reshape([1, 1, 3, 3]);
/** All but `equalize`: counting levels is nothing that tensors are good at. */
const asTensors = {
  rotate: (x, degrees) => affine(x, rotation(degrees, images[0])),
  'shear-x': (x, amount) => affine(x, [1, amount, 0, 0, 1, 0]),
  'shear-y': (x, amount) => affine(x, [1, 0, 0, amount, 1, 0]),
  'translate-x': (x, share) => affine(x, [1, 0, share * side, 0, 1, 0]),
  'translate-y': (x, share) => affine(x, [1, 0, 0, 0, 1, share * side]),
  color: (x, factor) => blend(grey(x), x, factor),
  contrast: (x, factor) => blend(grey(x).mean([1, 2, 3], { keepdim: true }), x, factor),
  brightness: (x, factor) => limited(x.mul(factor)),
  sharpness: (x, factor) => {
    const weight = smooth.expand([3, 1, 3, 3]);
    return blend(conv2d(x, weight, { padding: 1, groups: 3 }), x, factor);
  },
  'solarize-add': (x, amount) => where(x.lt(128), x.add(amount), x),
  solarize: (x, threshold) => where(x.lt(threshold), x, x.neg().add(255)),
  posterize: (x, bits) => {
    const step = 2 ** (8 - bits);
    return x.div(step).floor().mul(step);
  },
  'auto-contrast': (x) => {
    const darkest = x.amin({ dim: [2, 3], keepdim: true });
    const range = x.amax({ dim: [2, 3], keepdim: true }).sub(darkest);
    return x.sub(darkest).mul(range.clamp({ min: 1 }).pow(-1).mul(255));
  },
  invert: (x) => x.neg().add(255),
};

function compareOperations() {
  setThreads(1);
  const pixels = Buffer.concat(images.map(({ data }) => data));
  const all = fromArray(new Uint8Array(pixels), { shape: [batch, side, side, 3] })
    .permute([0, 3, 1, 2])
    .to('f32')
    .contiguous();
  say('operation', 'bytes, ms/image', 'tensors, ms/image', 'tensors / bytes');
  const totals = { bytes: 0, tensors: 0 };
  const kinds = Object.entries(asTensors);
  for (const [kind, onTensors] of kinds) {
    const amount = amountOf(kind, { magnitude: 0.9, sign: 1, increasing: true });
    const operation = { kind, amount, interpolation: 'bicubic' };
    const fastest = { bytes: Infinity, tensors: Infinity };
    for (let round = 0; round < rounds; round++) {
      const bytes = processorMs(() => images.map((image) => applyOperation(image, operation)));
      const tensors = processorMs(() =>
        scope(() => {
          onTensors(all, amount);
        }),
      );
      fastest.bytes = Math.min(fastest.bytes, bytes / batch);
      fastest.tensors = Math.min(fastest.tensors, tensors / batch);
    }
    const { bytes, tensors } = fastest;
    say(kind, bytes.toFixed(2), tensors.toFixed(2), (tensors / bytes).toFixed(1));
    totals.bytes += bytes;
    totals.tensors += tensors;
  }
  const [bytes, tensors] = [totals.bytes, totals.tensors].map((ms) => ms / kinds.length);
  say('mean', bytes.toFixed(2), tensors.toFixed(2), (tensors / bytes).toFixed(1));
}

/** Processor milliseconds per image of decoding, cropping and, if so, augmenting. */
async function loadingMs(paths, transform) {
  const loader = new ImageLoader({
    images: fileSet(paths), height: side, width: side, batchSize: batch, seed: 1,
    workers: 1,
      transform: { area: [0.08, 1], aspect: [3 / 4, 4 / 3], flip: 0.5, ...transform },,
  });
  // The first epoch starts the thread and compiles its code.
  for await (const _ of loader.epoch(0));
  const before = process.cpuUsage();
  for await (const _ of loader.epoch(1));
  const { user, system } = process.cpuUsage(before);
  await loader.close();
  return (user + system) / 1000 / paths.length;
}

async function compareLoading() {
  const folder = mkdtempSync(join(tmpdir(), 'um-mae-augmentation-'));
  try {
    const [width, height] = [500, 375];
    const files = Array.from({ length: 16 }, (_, i) => join(folder, `${i}.jpg`));
    for (const [seed, file] of files.entries()) {
      const raw = { width, height, channels: 3 };
      await sharp(photoLike(seed, width, height), { raw })
        .jpeg()
        .toFile(file);
    }
    const paths = Array.from({ length: 512 }, (_, i) => files[i % files.length]);
    const randAugment = { operations: 2, magnitude: 9, magnitudeDeviation: 0.5, increasing: true };
    const fastest = { plain: Infinity, augmented: Infinity };
    for (let round = 0; round < 3; round++) {
      const plain = await loadingMs(paths, { kind: 'random-resized-crop' });
      const augmented = await loadingMs(paths, { kind: 'augmented-crop', randAugment });
      fastest.plain = Math.min(fastest.plain, plain);
      fastest.augmented = Math.min(fastest.augmented, augmented);
    }
    const { plain, augmented } = fastest;
    say('\nloading', 'crop, ms/image', 'and RandAugment', 'augmented / crop');
    say(
      `${width} x ${height} JPEG`,
      ...[plain, augmented, augmented / plain].map((n) => n.toFixed(2)),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

compareOperations();
await compareLoading();
