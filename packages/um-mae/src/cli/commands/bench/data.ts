/** `um-mae bench data`: how fast images are loaded here, beside Pillow where there is one. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import sharp from 'sharp';
import { benchmarkLoader, type LoaderSpeed, photoLike } from '../../../bench/loader-benchmark.js';
import { fileSet } from '../../../data/sources/files.js';
import { openImages } from '../../../data/sources/open-images.js';
import { ImageReader } from '../../../data/sources/read-image.js';
import { nativePixels } from '../../../images/native-pixels.js';
import {
  addLoadingOptions,
  addPythonOption,
  type ComparedFlags,
  ownOptions,
  rounds,
} from './options.js';
import { type PythonSpeed, processorSeconds, runPython } from './python-speed.js';

const photos = { count: 32, width: 500, height: 400 };
/** The number of images of a given source that are measured. */
const sampled = 256;

export function addBenchData(bench: Command): void {
  const command = bench
    .command('data')
    .description(
      'Measure loading: JPEG files to random crops, in images/s; also with Pillow if it is installed',
    )
    .argument(
      '[source...]',
      `images to load (default: ${photos.width} x ${photos.height} pixels of noise)`,
    );
  addLoadingOptions(command, { size: 256, images: 512 });
  addPythonOption(command, 'Pillow').action(run);
}

async function run(inputs: readonly string[], _: unknown, command: Command): Promise<void> {
  const flags = ownOptions<ComparedFlags>(command);
  const folder = await mkdtemp(join(tmpdir(), 'um-mae-bench-'));
  try {
    const paths = await writePhotos(folder, inputs);
    const report = await measure(paths, flags);
    if (flags.json) console.log(JSON.stringify(report));
    else print(report);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measure(
  paths: readonly string[],
  { size, workers, images: counted, python }: ComparedFlags,
) {
  const loader: LoaderSpeed[] = [];
  const pillow: PythonSpeed[] = [];
  const images = fileSet(paths);
  for (let round = 0; round < rounds; round++) {
    loader.push(await benchmarkLoader({ images, size, workers, counted, processorSeconds }));
    const compared = await runPython<PythonSpeed>(python, 'pillow.py', { size, counted, paths });
    if (compared) pillow.push(compared);
  }
  const best = (speeds: readonly number[]) => Math.max(...speeds);
  const perCore = best(loader.map((speed) => speed.imagesPerProcessorSecond));
  const pillowPerCore = best(pillow.map((speed) => speed.imagesPerProcessorSecond));
  return {
    images: images.count,
    size,
    workers,
    decoder: nativePixels ? 'the addon' : 'sharp',
    imagesPerSecond: best(loader.map((speed) => speed.imagesPerSecond)),
    imagesPerProcessorSecond: perCore,
    pillow: pillow[0] ? { ...pillow[0], imagesPerProcessorSecond: pillowPerCore } : null,
    ratio: pillow[0] ? perCore / pillowPerCore : null,
  };
}

/** Copies what is measured into files, which Pillow reads too. */
async function writePhotos(folder: string, inputs: readonly string[]): Promise<string[]> {
  const contents = inputs.length > 0 ? await readSome(inputs) : await renderPhotos();
  return Promise.all(
    contents.map(async (content, i) => {
      const path = join(folder, `${String(i).padStart(4, '0')}.jpg`);
      await writeFile(path, content);
      return path;
    }),
  );
}

async function readSome(inputs: readonly string[]): Promise<Buffer[]> {
  const { images } = await openImages(inputs);
  const reader = new ImageReader();
  const stride = Math.max(1, Math.floor(images.count / sampled));
  const contents: Buffer[] = [];
  for (let index = 0; index < images.count && contents.length < sampled; index += stride) {
    contents.push(await reader.read(images.locate(index)));
  }
  return contents;
}

async function renderPhotos(): Promise<Buffer[]> {
  const { count, width, height } = photos;
  const contents: Buffer[] = [];
  for (let seed = 0; seed < count; seed++) {
    const raw = { width, height, channels: 3 } as const;
    const image = sharp(photoLike(seed, width, height), { raw });
    contents.push(await image.jpeg({ quality: 90 }).toBuffer());
  }
  return contents;
}

function print(report: Awaited<ReturnType<typeof measure>>): void {
  const { pillow, ratio } = report;
  const perCore = (speed: number) => `${speed.toFixed(0)} images/s per core`;
  const lines = {
    images: `${report.images}, to random crops of ${report.size} x ${report.size} pixels`,
    loader: `${report.imagesPerSecond.toFixed(0)} images/s with --workers ${report.workers}`,
    '': `${perCore(report.imagesPerProcessorSecond)}, JPEG decoded by ${report.decoder}`,
    Pillow: pillow
      ? `${perCore(pillow.imagesPerProcessorSecond)}, version ${pillow.version}`
      : 'not measured: give --python one that has it',
    ...(ratio === null ? {} : { ratio: ratio.toFixed(2) }),
  };
  for (const [name, value] of Object.entries(lines)) console.log(`${name.padEnd(8)} ${value}`);
}
