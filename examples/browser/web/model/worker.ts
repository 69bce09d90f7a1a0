/**
 * The thread of a model: decodes, resizes and computes, so that the page stays quick. One thread
 * has one model.
 */
import { evaluationCrop, type RgbImage, resample, type Sampling } from 'um-mae/pixels';
import { UnusableFile } from '../unusable-file.js';
import { decode, draw, readPixels } from './decode.js';
import { type ModelMetadata, readModelMetadata } from './model-file.js';
import { normalise } from './normalise.js';
import type { ImageResult, ModelDescription, Reply, Request, RuntimeChoice } from './protocol.js';
import { type RunningModel, startModel } from './runtime.js';

interface LoadedModel {
  readonly metadata: ModelMetadata;
  readonly running: RunningModel;
}

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
      return { id, kind: 'loaded', value: await load(file, request.choice) };
    }
    return { id, kind: 'ran', value: await run(file) };
  } catch (error) {
    const isFinal = error instanceof ModelStopped;
    return { id, kind: 'failed', message: sentence(error, file.name), isFinal };
  }
}

async function load(file: File, choice: RuntimeChoice): Promise<ModelDescription> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const metadata = readModelMetadata(bytes, file.name);
  const { kind, height, width } = metadata;
  const image = { height, width };
  const output = kind === 'classifier' ? 'logits' : 'embedding';
  const running = await startModel({ bytes, image, output }, choice).catch((error) => {
    throw new UnusableFile(
      `Expected a model that runs in this browser but got ${file.name}: ${reasonOf(error)}`,
    );
  });
  if (kind === 'classifier' && running.outputs !== metadata.classes.length) {
    throw new UnusableFile(
      `Expected a name for each of ${running.outputs} classes but got ${metadata.classes.length} in ${file.name}.`,
    );
  }
  model = { metadata, running };
  const task = kind === 'classifier' ? { kind, classes: metadata.classes } : { kind };
  return { task, image, runtime: running.runtime };
}

async function run(file: File): Promise<ImageResult> {
  if (!model) throw new UnusableFile('Expected a model before images.');
  const { metadata, running } = model;
  const start = performance.now();
  const bitmap = await decode(file);
  try {
    const image: RgbImage = readPixels(bitmap);
    const sampling = evaluationCrop(image, metadata, metadata.cropShare);
    const input = normalise(resample(image, sampling), metadata);
    const prepared = performance.now();
    const values = await running.run(input).catch((error) => {
      throw new ModelStopped(`The model has stopped at ${file.name}: ${reasonOf(error)}`);
    });
    const modelMs = performance.now() - prepared;
    return {
      values,
      image: { height: image.height, width: image.width },
      view: await drawView(bitmap, sampling),
      preparationMs: prepared - start,
      modelMs,
    };
  } finally {
    bitmap.close();
  }
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
  const scale = viewPixels / Math.max(window.width, window.height);
  return draw(bitmap, part, {
    width: Math.max(1, Math.round(window.width * scale)),
    height: Math.max(1, Math.round(window.height * scale)),
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
