/**
 * The main job on an embedded example: renders a small labelled set, pre-trains on its images
 * without their labels, and measures what a probe reads off the features before and after.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Generator, resolveDevice } from '@um-mae/torch';
import { describeFeatures } from '../backbones/pooled-stages.js';
import { CheckpointError } from '../errors.js';
import { extractFeatures } from '../features/extract-features.js';
import { choosePooling } from '../features/pooling.js';
import { type ProbeScores, probeScores } from '../features/probe/probe-scores.js';
import { withFileErrors } from '../files/file-errors.js';
import { MaskedAutoencoder } from '../objectives/masked-autoencoder.js';
import { pretraining } from '../recipes/kind.js';
import { parsePretrainRecipe } from '../recipes/parse.js';
import { demoPretrain } from '../recipes/pretrain/demo.js';
import type { PretrainRecipe } from '../recipes/pretrain/pretrain-recipe.js';
import type { PretrainEvent } from '../tasks/pretrain/events.js';
import { type PretrainRun, pretrainEvents } from '../tasks/pretrain/pretrain-events.js';
import type { RunMode } from '../training/run-files/open-run-directory.js';
import { writeProbe } from '../training/run-files/probe-record.js';
import { recordedRecipe } from '../training/run-files/resume.js';
import { RunDirectory } from '../training/run-files/run-directory.js';
import { openWeights } from '../weights/open-weights.js';
import { prepareScenes, scenesOf, trainingFolder } from './scene-set.js';
import { sceneClasses } from './scenes.js';

export interface DemoOptions extends Omit<PretrainRun, 'recipe' | 'mode'> {
  /** Decides the images, the weights, and everything else. */
  readonly seed: number;
  /** Passes over the training images. */
  readonly epochs: number;
  /** Images per class. */
  readonly perClass: { readonly train: number; readonly val: number };
}

/** The figures of pre-training. */
interface TrainingReport {
  /** Mean of the last epoch. */
  readonly loss: number | null;
  readonly imagesPerSecond: number;
  readonly trainingSeconds: number;
  /** Reconstructions after the last epoch. */
  readonly sheet: string;
}

export interface DemoReport extends TrainingReport {
  readonly seed: number;
  readonly images: { readonly train: number; readonly val: number };
  readonly before: ProbeScores;
  readonly after: ProbeScores;
  /** The duration of the whole demo. */
  readonly totalSeconds: number;
  /** The run directory. */
  readonly directory: string;
  /** The images. */
  readonly scenes: string;
}

export type DemoEvent =
  | PretrainEvent
  | { readonly kind: 'scenes'; readonly folder: string; readonly images: DemoReport['images'] }
  | { readonly kind: 'probed'; readonly moment: 'before' | 'after'; readonly scores: ProbeScores }
  | { readonly kind: 'report'; readonly report: DemoReport };

/**
 * Leaves a run in `directory`, as `pretrain` does, and the images in `<directory>-scenes`. An
 * earlier demo in the same place is replaced. Stopped by the signal, it ends with the event
 * `interrupted`.
 *
 * @throws UmMaeError or DeviceError when the directory holds anything but an earlier demo, or the
 *   device is not there
 */
export async function* demo(options: DemoOptions): AsyncGenerator<DemoEvent, void, undefined> {
  const { directory, seed, perClass, device, workers } = options;
  const startMs = performance.now();
  const scenes = join(dirname(directory), `${basename(directory)}-scenes`);
  resolveDevice(device);
  const mode = await modeFor(directory, scenes);
  const images = {
    train: perClass.train * sceneClasses.length,
    val: perClass.val * sceneClasses.length,
  };
  yield { kind: 'scenes', folder: scenes, images };
  const set = await prepareScenes(scenes, { perClass, seed });

  const recipe = recipeFor(options, scenes);
  // The weights that the trainer starts from: they follow from the seed.
  const model = new MaskedAutoencoder(recipe, { generator: new Generator(seed) }).to(device);
  const source = { backbone: model.encoder, image: recipe.image, device };
  const sets = { train: scenesOf(set.train), val: scenesOf(set.val) };
  const probe = () => probeScores(sets, (images) => extractFeatures(source, images, { workers }));
  const { scores: before } = await probe();
  yield { kind: 'probed', moment: 'before', scores: before };

  const training = yield* train({ ...options, recipe, mode });
  if (!training) return;
  // The run is complete.
  options.onRest?.(true);

  {
    using trained = openWeights(directory);
    model.loadState(trained.tensors);
  }
  const { scores: after } = await probe();
  const features = describeFeatures(choosePooling(model.encoder.channels));
  writeProbe(new RunDirectory(directory), { ...after, images: images.val, features });
  yield { kind: 'probed', moment: 'after', scores: after };
  const totalSeconds = (performance.now() - startMs) / 1000;
  yield {
    kind: 'report',
    report: { seed, images, before, after, ...training, totalSeconds, directory, scenes },
  };
}

function recipeFor({ seed, epochs }: DemoOptions, scenes: string): PretrainRecipe {
  return parsePretrainRecipe({
    ...demoPretrain,
    data: { paths: [trainingFolder(scenes)] },
    duration: { epochs },
    seed,
  });
}

/** Pre-trains, and returns the report of it, or undefined if it was interrupted. */
async function* train(
  options: PretrainRun,
): AsyncGenerator<PretrainEvent, TrainingReport | undefined, undefined> {
  const { batchSize, accumulation } = options.recipe;
  let sheet = '';
  for await (const event of pretrainEvents(options)) {
    yield event;
    if (event.kind === 'epoch') sheet = event.sheet;
    if (event.kind !== 'finished') continue;
    const { step, loss, elapsedSeconds: trainingSeconds } = event.summary;
    const imagesPerSecond = (step * batchSize * accumulation) / trainingSeconds;
    return { loss, imagesPerSecond, trainingSeconds, sheet };
  }
  return undefined;
}

/**
 * Chooses the mode of the run. An earlier demo, recognised by its images, is overwritten; anything
 * else is refused.
 */
async function modeFor(directory: string, scenes: string): Promise<RunMode> {
  const isFree = async () => !existsSync(directory) || (await readdir(directory)).length === 0;
  if (await withFileErrors({ verb: 'read', path: directory, as: CheckpointError }, isFree))
    return 'create';
  const isRun = new RunDirectory(directory).exists;
  const images = isRun ? (await recordedRecipe(directory, pretraining)).data.paths : [];
  if (images.length === 1 && images[0] === trainingFolder(scenes)) return 'overwrite';
  throw new CheckpointError(
    `Expected an empty folder or an earlier demo in ${directory} but got something else.\nChoose another --out.`,
  );
}
