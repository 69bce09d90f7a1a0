/**
 * The thread of a model: decodes, resizes and computes, so that the page stays quick. One thread
 * has one model.
 */
import { type RgbImage, resample, type Sampling, stretch } from 'um-mae/pixels';
import { UnusableFile } from '../unusable-file.js';
import { decode, draw, readPixels } from './decode.js';
import { findObjects, type RunningDetector, startDetector } from './detector.js';
import { segmentation } from './mask.js';
import { type PlainMetadata, readModelMetadata } from './model-file.js';
import { normalise } from './normalise.js';
import { samplingOf } from './prepare.js';
import type {
  ImageResult,
  ImageSize,
  LoadRequest,
  ModelDescription,
  ModelTask,
  Reply,
  Request,
} from './protocol.js';
import { type Numbers, type RunningModel, startModel } from './runtime.js';

interface PlainModel {
  readonly metadata: PlainMetadata;
  readonly running: RunningModel;
}

type LoadedModel = PlainModel | { readonly detector: RunningDetector };

/** An error inside a model, such as a lack of memory. The model is not used any more. */
class ModelStopped extends Error {
  override readonly name = 'ModelStopped';
}

/** Longer side of what the page shows of an image. */
const viewPixels = 384;

let model: LoadedModel | undefined;
/** A session computes one thing at a time. */
let last: Promise<void> = Promise.resolve();

self.addEventListener('message', ({ data }: MessageEvent<Request>) => {
  last = last.then(async () => self.postMessage(await answer(data)));
});

async function answer(request: Request): Promise<Reply> {
  const { id, kind, file } = request;
  try {
    if (kind === 'load') {
      return { id, kind: 'loaded', value: await load(request) };
    }
    return { id, kind: 'ran', value: await run(file) };
  } catch (error) {
    const isFinal = error instanceof ModelStopped;
    return { id, kind: 'failed', message: sentence(error, file.name), isFinal };
  }
}

async function load({ file, others, address, choice }: LoadRequest): Promise<ModelDescription> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const metadata = readModelMetadata(bytes, file.name);
  if (metadata.kind === 'detector') {
    const { name } = file;
    const detector = await startDetector(bytes, metadata.settings, {
      name,
      others,
      address,
      choice,
    });
    model = { detector };
    const { height, width, classes } = metadata.settings;
    const { runtime } = detector;
    return { task: { kind: 'detector', classes }, image: { height, width }, runtime };
  }
  const { kind, height, width } = metadata;
  const image = { height, width };
  const running = await startModel({ bytes, image, outputs: outputs[kind] }, choice).catch(
    (error) => {
      throw new UnusableFile(
        `Expected a model that runs in this browser but got ${file.name}: ${reasonOf(error)}`,
      );
    },
  );
  checkClasses(metadata, running, file.name);
  model = { metadata, running };
  const isOpen = kind === 'segmentor' && metadata.fitting === 'scale';
  const { runtime } = running;
  return { task: taskOf(metadata), image: isOpen ? undefined : image, runtime };
}

/** The outputs that tell what the page shows. */
const outputs = {
  classifier: ['logits'],
  backbone: ['embedding'],
  segmentor: ['classes', 'logits'],
} as const;

function taskOf(metadata: PlainMetadata): ModelTask {
  if (metadata.kind === 'backbone') return { kind: 'backbone' };
  const { kind, classes } = metadata;
  return kind === 'segmentor' ? { kind, classes, colours: metadata.colours } : { kind, classes };
}

/** @throws UnusableFile unless each class has a name, and of a segmentor a colour */
function checkClasses(metadata: PlainMetadata, { outputs }: RunningModel, name: string): void {
  const { kind } = metadata;
  if (kind === 'backbone') return;
  const { length: names } = metadata.classes;
  const pixels = kind === 'segmentor' ? metadata.height * metadata.width : 1;
  const classes = kind === 'segmentor' && outputs === pixels ? names : outputs / pixels;
  const colours = kind === 'segmentor' ? metadata.colours.length : classes;
  if (names === classes && colours === classes) return;
  const missing = names === classes ? 'colour' : 'name';
  const found = names === classes ? colours : names;
  throw new UnusableFile(
    `Expected a ${missing} for each of ${classes} classes but got ${found} in ${name}.`,
  );
}

async function run(file: File): Promise<ImageResult> {
  if (!model) throw new UnusableFile('Expected a model before images.');
  const start = performance.now();
  const bitmap = await decode(file);
  try {
    if ('detector' in model) return await runDetector(model.detector, bitmap, { file, start });
    const { metadata, running } = model;
    const image: RgbImage = readPixels(bitmap);
    const sampling = samplingOf(image, metadata);
    const size = sampling.window;
    const input = normalise(resample(image, sampling), { ...metadata, ...sizeOf(size) });
    const prepared = performance.now();
    const numbers = await running.run(input, size).catch((error) => {
      throw new ModelStopped(`The model has stopped at ${file.name}: ${reasonOf(error)}`);
    });
    const modelMs = performance.now() - prepared;
    return {
      ...(await shownOf(numbers, size, metadata)),
      image: { height: image.height, width: image.width },
      view: await drawView(bitmap, sampling),
      preparationMs: prepared - start,
      modelMs,
    };
  } finally {
    bitmap.close();
  }
}

interface Running {
  readonly file: File;
  /** When decoding began. */
  readonly start: number;
}

/** A detector sees the whole image, and prepares it itself. */
async function runDetector(
  detector: RunningDetector,
  bitmap: ImageBitmap,
  { file, start }: Running,
): Promise<ImageResult> {
  const image = readPixels(bitmap);
  const { height, width } = image;
  const decoded = performance.now();
  const objects = await findObjects(detector, image).catch((error) => {
    throw new ModelStopped(`The model has stopped at ${file.name}: ${reasonOf(error)}`);
  });
  const modelMs = performance.now() - decoded;
  const whole = stretch({ left: 0, top: 0, width, height }, { width, height });
  return {
    values: new Float32Array(),
    objects,
    image: { height, width },
    view: await drawView(bitmap, whole),
    preparationMs: decoded - start,
    modelMs,
  };
}

function sizeOf({ height, width }: ImageSize): ImageSize {
  return { height, width };
}

/** The numbers that the page shows, and of a segmentor a picture of them. */
async function shownOf(
  numbers: Numbers,
  size: ImageSize,
  metadata: PlainMetadata,
): Promise<Pick<ImageResult, 'values' | 'mask'>> {
  if (metadata.kind !== 'segmentor') return { values: Float32Array.from(numbers) };
  const { shares, mask } = await segmentation(numbers, size, metadata);
  return { values: shares, mask };
}

/** Draws the part of the image that the model sees, with more of the image's pixels. */
function drawView(bitmap: ImageBitmap, { width, height, window }: Sampling): Promise<Blob> {
  const [across, down] = [bitmap.width / width, bitmap.height / height];
  const part = {
    left: window.left * across,
    top: window.top * down,
    width: window.width * across,
    height: window.height * down,
  };
  // In the image's own shape, whatever the model sees it in.
  const scale = viewPixels / Math.max(part.width, part.height);
  return draw(bitmap, part, {
    width: Math.max(1, Math.round(part.width * scale)),
    height: Math.max(1, Math.round(part.height * scale)),
  });
}

function sentence(error: unknown, name: string): string {
  if (error instanceof UnusableFile || error instanceof ModelStopped) return error.message;
  return `Expected ${name} to be readable but got: ${reasonOf(error)}`;
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // Before it, onnxruntime tells which of its functions it was.
  const [reason = ''] = (message.split('ERROR_MESSAGE: ').at(-1) ?? '').split('\n');
  return reason;
}
