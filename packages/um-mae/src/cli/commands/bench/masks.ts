/**
 * `um-mae bench masks`: the speed of loading images with masks here, beside OpenCV where there is
 * one.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import sharp from 'sharp';
import {
  benchmarkLoader,
  type LoaderSpeed,
  photoLike,
  largePhotos as photos,
} from '../../../bench/loader-benchmark.js';
import { fileSet } from '../../../data/sources/files.js';
import {
  addLoadingOptions,
  addPythonOption,
  type ComparedFlags,
  ownOptions,
  rounds,
} from './options.js';
import { type PythonSpeed, processorSeconds, runPython } from './python-speed.js';

const classes = 20;

export function addBenchMasks(bench: Command): void {
  const command = bench
    .command('masks')
    .description(
      'Measure loading for segmentation: JPEG and PNG files to crops, in images/s; beside OpenCV if possible',
    );
  addLoadingOptions(command, { size: 512, images: 256 });
  addPythonOption(command, 'OpenCV').action(run);
}

async function run(_: unknown, command: Command): Promise<void> {
  const flags = ownOptions<ComparedFlags>(command);
  const folder = await mkdtemp(join(tmpdir(), 'um-mae-bench-'));
  try {
    const report = await measure(await writePairs(folder), flags);
    if (flags.json) console.log(JSON.stringify(report));
    else print(report);
  } finally {
    await rm(folder, { recursive: true });
  }
}

type Pair = readonly [image: string, mask: string];

async function measure(
  pairs: readonly Pair[],
  { size, workers, images: counted, python }: ComparedFlags,
) {
  const loader: LoaderSpeed[] = [];
  const opencv: PythonSpeed[] = [];
  for (let round = 0; round < rounds; round++) {
    loader.push(await benchmarkPairs(pairs, { size, workers, counted }));
    const compared = await runPython<PythonSpeed>(python, 'opencv.py', {
      size,
      counted,
      images: pairs,
    });
    if (compared) opencv.push(compared);
  }
  const best = (speeds: readonly number[]) => Math.max(...speeds);
  const perCore = best(loader.map((speed) => speed.imagesPerProcessorSecond));
  const opencvPerCore = best(opencv.map((speed) => speed.imagesPerProcessorSecond));
  return {
    size,
    workers,
    imagesPerSecond: best(loader.map((speed) => speed.imagesPerSecond)),
    imagesPerProcessorSecond: perCore,
    opencv: opencv[0] ? { ...opencv[0], imagesPerProcessorSecond: opencvPerCore } : null,
    ratio: opencv[0] ? perCore / opencvPerCore : null,
  };
}

function benchmarkPairs(
  pairs: readonly Pair[],
  options: { readonly size: number; readonly workers: number; readonly counted: number },
): Promise<LoaderSpeed> {
  const masks = pairs.map(([, mask]) => mask);
  return benchmarkLoader({
    ...options,
    images: fileSet(pairs.map(([image]) => image)),
    pixelClasses: {
      locate: (index) => ({ kind: 'file', path: masks[index] ?? '' }),
      table: new Map(Array.from({ length: classes }, (_, value) => [value, value])),
      upright: true,
    },
    transform: {
      kind: 'scaled-crop',
      scale: { long: 4 * options.size, short: options.size },
      ratios: [0.5, 2],
      largestShare: 0.75,
      flip: 0.5,
      distortion: true,
      resampling: 'pillow',
    },
    processorSeconds,
  });
}

/** Noise as in photographs, with bent rings of classes. */
async function writePairs(folder: string): Promise<Pair[]> {
  const { count, width, height } = photos;
  const pairs: Pair[] = [];
  for (let seed = 0; seed < count; seed++) {
    const raw = { width, height, channels: 3 } as const;
    const [image, mask] = [join(folder, `${100 + seed}.jpg`), join(folder, `${100 + seed}.png`)];
    await sharp(photoLike(seed, width, height), { raw })
      .jpeg({ quality: 90 })
      .toFile(image);
    const levels = Uint8Array.from({ length: width * height }, (_, pixel) => {
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      const ring = Math.hypot(x - 40 * seed, y - 150) / 40 + Math.sin(x / 9);
      return Math.floor(ring + classes) % classes;
    });
    const grey = { width, height, channels: 1 } as const;
    await sharp(levels, { raw: grey }).toColourspace('b-w').png().toFile(mask);
    pairs.push([image, mask]);
  }
  return pairs;
}

function print(report: Awaited<ReturnType<typeof measure>>): void {
  const { opencv, ratio, size, workers } = report;
  const perCore = (speed: number) => `${speed.toFixed(0)} images/s per core`;
  const { width, height } = photos;
  const lines = {
    images: `${width} x ${height} pixels with masks, to crops of ${size} x ${size}`,
    loader: `${report.imagesPerSecond.toFixed(0)} images/s with --workers ${workers}`,
    '': perCore(report.imagesPerProcessorSecond),
    OpenCV: opencv
      ? `${perCore(opencv.imagesPerProcessorSecond)}, version ${opencv.version}, normalised, too`
      : 'not measured: give --python one that has it',
    ...(ratio === null ? {} : { ratio: ratio.toFixed(2) }),
  };
  for (const [name, value] of Object.entries(lines)) console.log(`${name.padEnd(8)} ${value}`);
}
