/** The images of an index whose features are most like those of another image. */
import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { at } from '../at.js';
import { CheckpointError } from '../errors.js';
import { cosines, largest } from './feature-file/cosines.js';
import { readFeatures } from './feature-file/feature-file.js';
import type { Features } from './feature-file/feature-table.js';
import type { FrozenBackbone, ImageInput } from './frozen-backbone.js';
import { type LoadOptions, load } from './load.js';

export interface SimilarOptions extends Pick<LoadOptions, 'device' | 'entry' | 'verify'> {
  /** A file that `embed` wrote. */
  readonly index: string;
  /** The number of images to return. Default 12. */
  readonly count?: number | undefined;
  /** Is called with each sentence about what was chosen of the weights, and left out. */
  readonly onNote?: ((note: string) => void) | undefined;
}

/** An image of the index. */
export interface Neighbour {
  readonly path: string;
  /** Cosine of the angle between the features, both standardised: 1 for the same pixels. */
  readonly similarity: number;
  /** The class of the image, null where none is known. */
  readonly label: number | null;
}

export interface SimilarImages {
  /** The most similar one first; the file of the query itself is left out. */
  readonly neighbours: readonly Neighbour[];
  /** The origin of the features, without the rows. */
  readonly origin: Features['origin'];
}

/**
 * Features are standardised by the mean and deviation of the index, as for kNN: on Tiny ImageNet
 * this found images of the query's class more often than raw features did (24.8 % of the first
 * twelve, instead of 23.7 %). An index whose images are all alike has raw ones.
 *
 * @param from the run, the checkpoint or the file of weights that made the index
 * @throws DataError when the index is none, or the image cannot be read
 * @throws CheckpointError when the weights are not those that made the index
 *
 * @example
 * ```ts
 * import { embed, findSimilar, load } from 'um-mae';
 *
 * using backbone = await load('runs/photos');
 * await embed(backbone, ['photos'], { out: 'index.safetensors' });
 * const { neighbours } = await findSimilar('runs/photos', 'cat.jpg', {
 *   index: 'index.safetensors',
 *   count: 3,
 * });
 * for (const { path, similarity } of neighbours) console.log(similarity.toFixed(3), path);
 * ```
 */
export async function findSimilar(
  from: string,
  image: ImageInput,
  { index, count = 12, device, entry, verify, onNote }: SimilarOptions,
): Promise<SimilarImages> {
  const features = await readFeatures(index);
  const { origin } = features;
  using frozen = await loadFor(features, from, { index, device, entry, verify });
  for (const note of frozen.notes) onNote?.(note);
  using encoded = await frozen.features([image], origin);
  const query = encoded.embedding.to('cpu').toArray() as Float32Array;
  const isQuery = typeof image === 'string' ? sameFileAs(image) : () => false;
  return { neighbours: nearest(query, features, { count, isQuery }), origin };
}

/** @throws CheckpointError when the weights are not those that made the index */
async function loadFor(
  { origin }: Features,
  from: string,
  { index, device, entry, verify }: SimilarOptions,
): Promise<FrozenBackbone> {
  const { weights, source, image } = origin;
  const frozen = await load(from, { image, device, entry, verify, resizePositions: true });
  if (frozen.weights === weights) return frozen;
  frozen.dispose();
  throw new CheckpointError(
    `Expected the weights that made ${index}, once those of ${source}, but got others at ${from}.\nName the run that made it, or embed the images again.`,
  );
}

interface NearestOptions {
  readonly count: number;
  readonly isQuery: (path: string) => boolean;
}

function nearest(
  query: Float32Array,
  features: Features,
  { count, isQuery }: NearestOptions,
): Neighbour[] {
  const { values, channels, paths, labels } = features;
  const similarities = cosines(query, { values, channels });
  const others = largest(similarities, paths.length).filter((row) => !isQuery(at(paths, row)));
  return others.slice(0, count).map((row) => ({
    path: at(paths, row),
    similarity: at(similarities, row),
    label: labels[row] ?? null,
  }));
}

/** Tells whether a path leads to a file, whatever links and folders it goes by. */
function sameFileAs(file: string): (path: string) => boolean {
  const own = realPathOf(file);
  return (path) => basename(path) === basename(own) && realPathOf(path) === own;
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
