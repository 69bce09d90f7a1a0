/** `um-mae bench objects`: the speed of loading images with boxes and outlines of objects. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import sharp from 'sharp';
import {
  benchmarkLoader,
  type LoaderSpeed,
  largePhotos,
  photoLike,
} from '../../../bench/loader-benchmark.js';
import type { KnownObject, ObjectsOfImage } from '../../../data/objects/known-objects.js';
import { fileSet } from '../../../data/sources/files.js';
import { addLoadingOptions, type LoadingFlags, ownOptions, rounds } from './options.js';
import { processorSeconds } from './python-speed.js';

/** Files that are read, again and again. */
const photos = 4;

/** Objects of an image, and corners of each outline: somewhat more than COCO has. */
const [objects, corners] = [12, 40];

export function addBenchObjects(bench: Command): void {
  const command = bench
    .command('objects')
    .description(
      'Measure loading for detection: JPEG files, boxes and masks to crops, in images/s',
    );
  addLoadingOptions(command, { size: 512, images: 256 }).action(run);
}

async function run(_: unknown, command: Command): Promise<void> {
  const { size, workers, images: counted, json } = ownOptions<LoadingFlags>(command);
  const folder = await mkdtemp(join(tmpdir(), 'um-mae-bench-'));
  try {
    const images = fileSet(await writePhotos(folder));
    const measure = async (masks: boolean) => {
      const speeds: LoaderSpeed[] = [];
      const wanted = { of: imageOf, wanted: { masks } };
      const options = { images, size, workers, counted, transform, processorSeconds };
      for (let round = 0; round < rounds; round++) {
        speeds.push(await benchmarkLoader({ ...options, objects: wanted }));
      }
      return {
        imagesPerSecond: Math.max(...speeds.map((speed) => speed.imagesPerSecond)),
        imagesPerProcessorSecond: Math.max(
          ...speeds.map((speed) => speed.imagesPerProcessorSecond),
        ),
      };
    };
    const report = { size, workers, boxes: await measure(false), masks: await measure(true) };
    if (json) console.log(JSON.stringify(report));
    else print(report);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The training view of `small-data` detectors: a scale, a part of it, a flip. */
const transform = {
  kind: 'jittered',
  ratios: [0.5, 1.5],
  flip: 0.5,
  resampling: 'pillow',
} as const;

async function writePhotos(folder: string): Promise<string[]> {
  const { width, height } = largePhotos;
  const paths = Array.from({ length: photos }, (_, seed) => join(folder, `${100 + seed}.jpg`));
  for (const [seed, path] of paths.entries()) {
    const raw = { width, height, channels: 3 } as const;
    const image = sharp(photoLike(seed, width, height), { raw });
    await image.jpeg({ quality: 90 }).toFile(path);
  }
  return paths;
}

/** Rosettes on a spiral, each a polygon. */
function imageOf(index: number): ObjectsOfImage {
  const { width, height } = largePhotos;
  const own = Array.from({ length: objects }, (_, place): KnownObject => {
    const [turn, radius] = [2.4 * place + index, 20 + 6 * place];
    const x = width * (0.5 + 0.35 * Math.cos(turn));
    const y = height * (0.5 + 0.35 * Math.sin(turn));
    const polygon = Array.from({ length: corners }, (_, corner) => {
      const angle = (2 * Math.PI * corner) / corners;
      const length = radius * (0.8 + 0.2 * Math.cos(5 * angle));
      return [x + length * Math.cos(angle), y + length * Math.sin(angle)];
    }).flat();
    const box = [x - radius, y - radius, 2 * radius, 2 * radius] as const;
    const outline = { kind: 'polygons', polygons: [polygon] } as const;
    return { id: place + 1, label: 0, box, area: radius ** 2, isCrowd: false, outline };
  });
  return { id: index + 1, size: { width, height }, objects: own };
}

interface Speeds {
  readonly size: number;
  readonly workers: number;
  readonly boxes: LoaderSpeed;
  readonly masks: LoaderSpeed;
}

function print({ size, workers, boxes, masks }: Speeds): void {
  const { width, height } = largePhotos;
  const line = ({ imagesPerSecond, imagesPerProcessorSecond }: LoaderSpeed) =>
    `${imagesPerSecond.toFixed(0)} images/s with --workers ${workers}, ${imagesPerProcessorSecond.toFixed(0)} images/s per core`;
  console.log(
    `images   ${width} x ${height} pixels with ${objects} objects, to crops of ${size} x ${size}`,
  );
  console.log(`boxes    ${line(boxes)}`);
  console.log(`masks    ${line(masks)}`);
}
