/** Weights of any origin as the beginning of a segmentor. */
import { cat, scope, type Tensor } from '@um-mae/torch';
import type { ImageSize } from '../../backbones/backbone.js';
import { resizeGrid } from '../../backbones/parts/positions.js';
import { CheckpointError } from '../../errors.js';
import type { Segmentor } from '../../heads/segmentation/segmentor.js';
import { checkEncoder } from '../../weights/encoder-weights.js';
import { leftOutNames } from '../../weights/unused-weights.js';

type Tensors = ReadonlyMap<string, Tensor>;

/** The weights that a segmentor takes, and those that it does not. */
export interface SegmentorFit {
  /** Everything that the segmentor takes, by its names. */
  readonly tensors: Tensors;
  /** Names of the segmentor that the weights do not have. They are initialised. */
  readonly missing: readonly string[];
  /** Names of the weights that the segmentor has no use for. */
  readonly leftOut: readonly string[];
  /** Tables of positions that were resized. */
  readonly resized: readonly string[];
}

/** The origin of weights, and the images that they were made for. */
export interface SegmentorFitOptions {
  /** The file or folder of the weights, for messages. */
  readonly path: string;
  /** The images that stored positions were made for; undefined: square ones. */
  readonly image?: ImageSize | undefined;
  /** Whether to initialise the layers that classify pixels. */
  readonly newHead: boolean;
  /** Names of weights that are known to stand beside the encoder. */
  readonly beside: ReadonlySet<string>;
  /** Whether a recipe of ours stands with the weights. */
  readonly isOwn: boolean;
}

/**
 * Finds the weights that a segmentor takes over: those of a whole segmentor, with published names,
 * too, or of an encoder of any origin, whose final norm and heads are left out. Positions of images
 * of another size are resized.
 *
 * @throws CheckpointError when there is no encoder, or one of another shape
 */
export function fitSegmentor(
  model: Segmentor,
  found: Tensors,
  options: SegmentorFitOptions,
): SegmentorFit {
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
    if (!tensor || (options.newHead && isClassLayer(name))) continue;
    const fitted = fit(model, { name, own, theirs: tensor }, options);
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

/** Whether a tensor is of a layer whose outputs are classes. */
function isClassLayer(name: string): boolean {
  return /^(?:decode|auxiliary)_head\.conv_seg\./.test(name);
}

interface NamedPair {
  readonly name: string;
  readonly own: Tensor;
  readonly theirs: Tensor;
}

function fit(
  { encoder, options: { image: target } }: Segmentor,
  { name, own, theirs }: NamedPair,
  { path, image }: SegmentorFitOptions,
): Tensor {
  if (theirs.shape.join() === own.shape.join()) return theirs;
  if (name === 'pos_embed') {
    const { hasClassToken: hasClassRow, patch } = encoder;
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
  return scope(() => {
    const resized = resizeGrid(table.narrow(1, first, rows - first), stored, gridOf(to));
    return hasClassRow ? cat([table.narrow(1, 0, 1), resized], { dim: 1 }) : resized;
  });
}
