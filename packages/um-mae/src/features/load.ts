/** A frozen encoder from weights of any origin. */
import { Generator, resolveDevice, scope, type Tensor } from '@um-mae/torch';
import type { Backbone, ImageSize } from '../backbones/backbone.js';
import { buildBackbone } from '../backbones/build.js';
import { type BackboneOptions, shapeOf } from '../backbones/families.js';
import { checkImageSize } from '../backbones/image-size.js';
import type { OwnBackbone } from '../backbones/own.js';
import { encoderTensors } from '../weights/initial/encoder-weights.js';
import { leftOutNames, listNames } from '../weights/initial/unused-weights.js';
import { openWeights, pretrainRecipeOf, type Weights } from '../weights/open-weights.js';
import { sortedByName, weightsDigest } from '../weights/weights-digest.js';
import { FrozenBackbone } from './frozen-backbone.js';

export interface LoadOptions {
  /** `cpu`, `cuda`, `cuda:N` or `mps`. Default `cpu`. */
  readonly device?: string | undefined;
  /** Size that images are brought to. Default: that of training. */
  readonly image?: ImageSize | undefined;
  /**
   * Whether stored positions are resized for images of another size; Swin stores none. Default
   * false.
   */
  readonly resizePositions?: boolean | undefined;
  /**
   * The weights to take of a file that holds several sets, such as `teacher`. Default: the usual
   * ones.
   */
  readonly entry?: string | undefined;
  /** Whether the weights are compared with their checksum, if there is one; default true. */
  readonly verify?: boolean | undefined;
  /**
   * Whether the encoder keeps random weights of its network instead: what training is measured
   * against. Default false.
   */
  readonly untrained?: boolean | undefined;
  /** The backbone of the program that pre-trained it, where it is none of um-mae's. */
  readonly backbone?: OwnBackbone | undefined;
}

/**
 * The encoder of a pre-trained model or of a classifier, for use as it is: no gradients, no
 * DropPath, no mask, no head.
 *
 * @param path a run directory (of fine-tuning, the best weights are taken), a checkpoint in it, or
 *   a `.safetensors` or `.pth` file
 * @returns what the caller disposes of when it is done
 * @throws CheckpointError when there are no weights or no encoder among them, or its model is
 *   unknown
 * @throws UmMaeError when the encoder cannot take images of this size
 * @throws DeviceError when the device is not there
 *
 * @example
 * ```ts
 * import { load } from 'um-mae';
 *
 * using backbone = await load('runs/photos');
 * using encoded = await backbone.features(['cat.jpg', 'dog.jpg']);
 * console.log(encoded.embedding.shape); // [ 2, 960 ]
 * ```
 */
export async function load(path: string, options: LoadOptions = {}): Promise<FrozenBackbone> {
  const device = resolveDevice(options.device ?? 'cpu');
  using weights = openWeights(path, undefined, options);
  const { backbone, image, digest, notes } = encoderOf(weights, { ...options, device });
  return new FrozenBackbone(backbone, { image, device, weights: digest, path, notes });
}

/** An encoder with its weights, in evaluation mode. The caller disposes of its state. */
export interface Encoder {
  readonly backbone: Backbone;
  /** The size of images that it is built for. */
  readonly image: ImageSize;
  readonly options: BackboneOptions;
  /** SHA-256 of the weights, in hexadecimal digits. */
  readonly digest: string;
  /** Sentences about what was chosen of the weights, and left out. */
  readonly notes: readonly string[];
}

/**
 * Builds the encoder that weights hold, and copies them.
 *
 * @throws CheckpointError or UmMaeError as `load` does
 */
export function encoderOf(weights: Weights, options: LoadOptions = {}): Encoder {
  const { tensors, path } = weights;
  const recipe = pretrainRecipeOf(weights);
  const { image = recipe.image, resizePositions = false, device = 'cpu' } = options;
  const { backbone: own, untrained = false } = options;
  const { unit, unitsPerToken } = shapeOf(recipe.backbone);
  const token = unit * unitsPerToken;
  checkImageSize(image, [token, token]);
  // A classifier that pools before its norm, and a head on maps, have taught their backbone to do
  // without one.
  const ownNorms = ['fc_norm.weight', 'decode_head.conv_seg.weight'];
  const finalNorm = !ownNorms.some((name) => tensors.has(name));
  return scope(() => {
    const generator = new Generator(0);
    const backbone = buildBackbone(recipe.backbone, image, { generator, finalNorm, own });
    const state = untrained
      ? backbone.state()
      : encoderTensors(tensors, backbone, { path, resizePositions });
    const notes = untrained ? [] : [...weights.notes, ...leftOutNotes(weights, backbone)];
    const digest = digestOf(untrained ? state : tensors, backbone, recipe.backbone);
    if (!untrained) backbone.loadState(state);
    backbone.to(device).eval();
    for (const tensor of backbone.state().values()) tensor.keep();
    return { backbone, image, options: recipe.backbone, digest, notes };
  });
}

type Tensors = ReadonlyMap<string, Tensor>;

/** Says which weights are no part of the encoder; of our own, everybody knows. */
function leftOutNotes({ tensors, recipe, beside, path }: Weights, backbone: Backbone): string[] {
  const state = backbone.state();
  // A head's own norm takes the place of the encoder's.
  const used = (name: string) => state.has(name) || (!backbone.norm && name.startsWith('norm.'));
  const isOwn = recipe !== undefined;
  const names = leftOutNames(tensors.keys(), { used, isOwn, beside, path });
  if (isOwn || names.length === 0) return [];
  return [`Left out ${names.length} weights that are not the encoder's: ${listNames(names)}.`];
}

/**
 * Options that were constants once: at these values they leave digests, and so caches, as they
 * were.
 */
const formerlyBuiltIn = { mlpRatio: 4, epsilon: 1e-6, layerScale: 0, registers: 0 } as const;

/**
 * Computes a digest of an encoder, whatever file its weights are in, and whatever decoder or head
 * is beside it.
 */
function digestOf(tensors: Tensors, backbone: Backbone, options: BackboneOptions): string {
  const names = backbone.state();
  const chosen = Object.entries(options).filter(
    ([key, value]) => Reflect.get(formerlyBuiltIn, key) !== value,
  );
  const own = new Map([...tensors].filter(([name]) => names.has(name)));
  return weightsDigest(own, JSON.stringify(sortedByName(chosen)));
}
