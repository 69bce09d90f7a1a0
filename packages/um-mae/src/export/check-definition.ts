/** Compares a backbone that is to be exported with the definition of the program that wrote it. */
import { Generator, noGrad, randn, scope, type Tensor, tensor } from '@um-mae/torch';
import { UmMaeError } from '../errors.js';
import type { Encoder } from '../features/load.js';
import { type ForeignPreparation, fromOurs } from '../weights/foreign/foreign-preparation.js';
import type { Weights } from '../weights/open-weights.js';
import { readRawWeights } from '../weights/raw-weights.js';
import { configBeside, saidOptions } from '../weights/said-options.js';
import { unwrap } from '../weights/wrappers.js';
import { definedEmbedding } from './source-definition.js';

/** Relative to the largest number of the embedding; sums are taken in another order there. */
const tolerance = 1e-4;

/**
 * Reads the file anew, as its own program names and computes things: epsilon, heads and the scale
 * of pixels from what stands beside it, the width of MLPs, LayerScale and registers from its names.
 *
 * @param entry the weights that were taken of a file with several sets
 * @returns a sentence about the result; none for our own weights
 * @throws UmMaeError when the definition gives other numbers than the encoder does
 */
export function checkDefinition(
  { recipe, path, preparation }: Weights,
  { backbone, image, options }: Encoder,
  entry: string | undefined,
): string[] {
  if (recipe) return [];
  const raw = readRawWeights(path, entry);
  const { tensors } = unwrap(raw.tensors, raw.part, path);
  const { epsilon = 1e-6, heads = 'heads' in options ? options.heads : 1 } = saidOptions(
    [...raw.sources, configBeside(path)],
    path,
  );
  if (typeof epsilon !== 'number' || typeof heads !== 'number') return [unknown];
  const compared = scope(() =>
    noGrad(() => {
      const images = randn([2, 3, image.height, image.width], { generator: new Generator(0) });
      const theirs = preparation ? asTheirs(images, preparation) : images;
      const hasNorm = backbone.norm !== undefined;
      const defined = definedEmbedding(tensors, theirs, { epsilon, heads, hasNorm });
      const own = backbone.features(images).at(-1)?.mean([1, 2]);
      return defined && own
        ? { program: defined.program, difference: relative(own, defined.embedding) }
        : undefined;
    }),
  );
  for (const tensor of raw.tensors.values()) tensor.dispose();
  if (!compared) return [unknown];
  const { program, difference } = compared;
  const shown = difference.toExponential(1);
  if (difference <= tolerance) {
    return [`Checked against the definition of ${program}: largest difference ${shown}, relative.`];
  }
  throw new UmMaeError(
    'export',
    `Expected the weights in ${path} to compute here what they do by the definition of ${program}, to ${tolerance} relative, but got ${shown}; nothing was written.`,
  );
}

const unknown =
  'There is no definition of another program by which these names can be computed and compared.';

/** Images in the numbers of another program. */
function asTheirs(images: Tensor, preparation: ForeignPreparation): Tensor {
  const { scale, offset } = fromOurs(preparation);
  const byColour = (numbers: readonly number[]) => tensor(numbers).view([1, 3, 1, 1]);
  return images.mul(byColour(scale)).add(byColour(offset));
}

function relative(own: Tensor, theirs: Tensor): number {
  return own.sub(theirs).abs().amax().number() / theirs.abs().amax().number();
}
