/** Weights of any origin as the beginning of a network of a dense task: one that takes maps. */
import { scope, type Tensor } from '@um-mae/torch';
import type { Module } from '@um-mae/torch/nn';
import type { Backbone, ImageSize } from '../../backbones/backbone.js';
import { resizeTable } from '../../backbones/parts/positions/resized-table.js';
import { CheckpointError } from '../../errors.js';
import type { Weights } from '../open-weights.js';
import { checkEncoder, checkFloats } from './encoder-weights.js';
import type { StartReport } from './initial-weights.js';
import { leftOutNames } from './unused-weights.js';

type Tensors = ReadonlyMap<string, Tensor>;

/** The weights that a network takes, and those that it does not. */
interface DenseFit extends Omit<StartReport, 'notes'> {
  /** Everything that the network takes, by its names. */
  readonly tensors: Tensors;
}

/** The origin of weights, and the images that they were made for. */
interface DenseFitOptions {
  /** The file or folder of the weights, for messages. */
  readonly path: string;
  /** The images that stored positions were made for; undefined: square ones. */
  readonly image?: ImageSize | undefined;
  /** The images that the positions of the network are made for. */
  readonly target: ImageSize;
  /** Whether to initialise the layers whose outputs are classes. */
  readonly newHead: boolean;
  /** Whether a tensor is of such a layer. */
  readonly isClassLayer: (name: string) => boolean;
  /** Names of weights that are known to stand beside the encoder. */
  readonly beside: ReadonlySet<string>;
  /** Whether a recipe of ours stands with the weights. */
  readonly isOwn: boolean;
}

/** Initial weights of a network, and what stands beside them. */
export type DenseStart = Pick<Weights, 'path' | 'tensors' | 'recipe' | 'beside' | 'notes'>;

/**
 * Loads initial weights into a network of a dense task.
 *
 * @returns names of the tensors that were used, and that were not
 * @throws CheckpointError when there is no encoder, or one of another shape
 */
export function loadDense(
  model: Module & { readonly encoder: Backbone },
  { path, tensors, recipe, beside, notes }: DenseStart,
  rules: Pick<DenseFitOptions, 'target' | 'newHead' | 'isClassLayer'>,
) {
  return scope(() => {
    const isOwn = recipe !== undefined;
    const found = fitDense(model, tensors, { ...rules, path, image: recipe?.image, beside, isOwn });
    model.loadState(found.tensors, { allow: found.missing });
    const { missing, leftOut, resized } = found;
    return { missing, leftOut, resized, notes };
  });
}

/**
 * Finds the weights that a network takes over: those of a whole network of its kind, with published
 * names, too, or of an encoder of any origin, whose final norm and heads are left out. Positions of
 * images of another size are resized.
 *
 * @throws CheckpointError when there is no encoder, or one of another shape
 */
function fitDense(
  model: Module & { readonly encoder: Backbone },
  found: Tensors,
  options: DenseFitOptions,
): DenseFit {
  const theirs = new Map(
    [...found].map(([name, tensor]) => [name.replace(/^backbone\./, ''), tensor]),
  );
  const encoder = [...model.encoder.state().keys()].filter((name) => !isAdded(name));
  checkEncoder(encoder, theirs, options.path);
  const expected = model.state();
  // The final norm of an encoder is no part of its maps.
  const used = (name: string) => expected.has(name) || name.startsWith('norm.');
  leftOutNames(theirs.keys(), { used, ...options });
  const fitting = new Map<string, Tensor>();
  const resized: string[] = [];
  for (const [name, own] of expected) {
    const tensor = theirs.get(name);
    if (!tensor || (options.newHead && options.isClassLayer(name))) continue;
    const fitted = fit(model.encoder, { name, own, theirs: tensor }, options);
    if (fitted !== tensor) resized.push(name);
    fitting.set(name, fitted);
  }
  return {
    tensors: fitting,
    missing: [...expected.keys()].filter((name) => !fitting.has(name)),
    leftOut: [...theirs.keys()].filter((name) => !fitting.has(name)),
    resized,
  };
}

/** Whether a tensor of the encoder may begin anew: pre-training has none of these. */
function isAdded(name: string): boolean {
  return /\.(?:ls[12]\.gamma|relative_position_bias_table)$/.test(name);
}

interface NamedPair {
  readonly name: string;
  readonly own: Tensor;
  readonly theirs: Tensor;
}

function fit(
  { hasClassToken: hasClassRow, patch }: Backbone,
  { name, own, theirs }: NamedPair,
  { path, image, target, isClassLayer }: DenseFitOptions,
): Tensor {
  checkFloats(name, { own, theirs }, path);
  if (theirs.shape.join() === own.shape.join()) return theirs;
  if (name === 'pos_embed') {
    return fitPositions(theirs, { from: image, to: target, patch, hasClassRow });
  }
  const advice = isClassLayer(name)
    ? 'Add --new-head to begin a new one.'
    : 'Leave out --model where it is given, so that the weights tell it themselves, or choose other weights.';
  throw new CheckpointError(
    `Expected \`${name}\` of shape [${own.shape.join(', ')}] in ${path} but got [${theirs.shape.join(', ')}].\n${advice}`,
  );
}

/** The images that positions are from and for. */
interface PositionSizes {
  /** Undefined: square images, of as many patches as there are positions. */
  readonly from?: ImageSize | undefined;
  readonly to: ImageSize;
  /** Side of a patch, in pixels. */
  readonly patch: number;
  /** Whether the first row is that of a class token, which stays. */
  readonly hasClassRow: boolean;
}

/** Positions [1, (1 +) patches, channels], resized bicubically for images of another size. */
export function fitPositions(
  table: Tensor,
  { from, to, patch, hasClassRow }: PositionSizes,
): Tensor {
  const first = hasClassRow ? 1 : 0;
  const [, rows] = table.sizes(3);
  const gridOf = ({ height, width }: ImageSize) => ({
    rows: Math.floor(height / patch),
    columns: Math.floor(width / patch),
  });
  const side = Math.sqrt(rows - first);
  const stored = from ? gridOf(from) : { rows: side, columns: side };
  if (!Number.isInteger(stored.rows) || stored.rows * stored.columns !== rows - first) {
    throw new CheckpointError(
      `Expected positions of a grid that is known but got ${rows - first} of them.`,
    );
  }
  return scope(() => resizeTable(table, { from: stored, to: gridOf(to), front: first }));
}
