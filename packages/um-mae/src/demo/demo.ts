/**
 * The main job on an embedded example: renders a small labelled set, pre-trains on its images without their
 * labels, and measures what a probe reads off the features before and after.
 */
import { Generator } from '@um-mae/torch';
import { CheckpointError } from '../errors.js';
import { MaskedAutoencoder } from '../objectives/masked-autoencoder.js';
import { parsePretrainRecipe } from '../recipes/parse.js';
import { demoPretrain } from '../recipes/pretrain/demo.js';
import type { PretrainRecipe } from '../recipes/pretrain-recipe.js';
import type { PretrainEvent, Summary } from '../training/events.js';
import { type PretrainOptions, pretrain } from '../training/pretrain.js';
import { readWeights } from '../training/run-files/checkpoint.js';
import { recordedRecipe } from '../training/run-files/resume.js';
import { RunDirectory, type RunMode } from '../training/run-files/run-directory.js';
import { type ProbeScores, probeScores } from './probe-scores.js';
import { prepareScenes, type SceneSet, trainingFolder } from './scene-set.js';

export interface DemoOptions extends Omit<PretrainOptions, 'recipe' | 'mode'> {
  /** Decides the images, the weights, and everything else. */
  readonly seed: number;
  /** Passes over the training images. */
  readonly epochs: number;
  /** Images per class. */
  readonly perClass: { readonly train: number; readonly val: number };
}

export interface DemoReport {
  readonly seed: number;
  readonly images: { readonly train: number; readonly val: number };
  readonly before: ProbeScores;
  readonly after: ProbeScores;
  /** Mean of the last epoch. */
  readonly loss: number | null;
  /** Of pre-training. */
  readonly imagesPerSecond: number;
  /** Of pre-training. */
  readonly trainingSeconds: number;
  /** Of everything. */
  readonly totalSeconds: number;
  /** The run directory. */
  readonly directory: string;
  readonly scenes: string;
  /** Reconstructions after the last epoch. */
  readonly sheet: string;
}

export type DemoEvent =
  | PretrainEvent
  | { readonly kind: 'rendered'; readonly folder: string; readonly images: DemoReport['images'] }
  | { readonly kind: 'probed'; readonly moment: 'before' | 'after'; readonly scores: ProbeScores }
  | { readonly kind: 'report'; readonly report: DemoReport };

/**
 * Leaves a run in `directory`, as `pretrain` does, and the images in `<directory>-scenes`. An earlier demo
 * in the same place is replaced. Stopped by the signal, it ends with the event `interrupted`.
 *
 * @throws UmMaeError when the directory holds anything but an earlier demo
 */
export async function* demo(options: DemoOptions): AsyncGenerator<DemoEvent, void, undefined> {
  const { directory, seed, epochs, perClass, device, workers } = options;
  const startMs = performance.now();
  const scenes = `${directory}-scenes`;
  const mode = await modeFor(directory, scenes);
  const set = await prepareScenes(scenes, { perClass, seed });
  const images = { train: set.train.length, val: set.val.length };
  yield { kind: 'rendered', folder: scenes, images };

  const recipe = parsePretrainRecipe({
    ...demoPretrain,
    data: { paths: [trainingFolder(scenes)] },
    duration: { epochs },
    seed,
  });
  // The weights that the trainer starts from: they follow from the seed.
  const fresh = new MaskedAutoencoder(recipe, { generator: new Generator(seed) });
  const before = await probe(fresh, set, { recipe, device, workers });
  yield { kind: 'probed', moment: 'before', scores: before };

  let [sheet, summary]: [string, Summary | undefined] = ['', undefined];
  for await (const event of pretrain({ ...options, recipe, mode })) {
    yield event;
    if (event.kind === 'interrupted') return;
    if (event.kind === 'epoch') sheet = event.sheet;
    if (event.kind === 'finished') summary = event.summary;
  }

  const trained = new MaskedAutoencoder(recipe, { generator: new Generator(seed) });
  trained.loadState(readWeights(directory).tensors);
  const after = await probe(trained, set, { recipe, device, workers });
  yield { kind: 'probed', moment: 'after', scores: after };

  const { step = 0, loss = null, elapsedSeconds: trainingSeconds = 0 } = summary ?? {};
  yield {
    kind: 'report',
    report: {
      seed,
      images,
      before,
      after,
      loss,
      imagesPerSecond: (step * recipe.batchSize * recipe.accumulation) / trainingSeconds,
      trainingSeconds,
      totalSeconds: (performance.now() - startMs) / 1000,
      directory,
      scenes,
      sheet,
    },
  };
}

interface ProbePlace {
  readonly recipe: PretrainRecipe;
  readonly device: string;
  readonly workers: number;
}

async function probe(
  model: MaskedAutoencoder,
  set: SceneSet,
  { recipe, device, workers }: ProbePlace,
): Promise<ProbeScores> {
  return probeScores(model.to(device).encoder, set, { image: recipe.image, device, workers });
}

/** An earlier demo, told by its images, gives way; anything else stays. */
async function modeFor(directory: string, scenes: string): Promise<RunMode> {
  if (!new RunDirectory(directory).exists) return 'create';
  const { data } = await recordedRecipe(directory);
  if (data.paths.length === 1 && data.paths[0] === trainingFolder(scenes)) return 'overwrite';
  throw new CheckpointError(
    `Expected an empty folder or an earlier demo in ${directory} but got another run.\nChoose another --out.`,
  );
}
