/** A trained model that is to be exported. */
import type { Tensor } from '@um-mae/torch';
import { at } from '../at.js';
import type { ImageSize } from '../backbones/backbone.js';
import type { BackboneOptions } from '../backbones/families.js';
import type { PooledStages } from '../backbones/pooled-stages.js';
import { CheckpointError, UmMaeError } from '../errors.js';
import { type Encoder, encoderOf } from '../features/load.js';
import { choosePooling, type PoolingOptions, poolMaps } from '../features/pooling.js';
import type { AnyRecipe } from '../recipes/kind.js';
import { type TrainedNetwork, type TrainedOptions, trainedOf } from '../tasks/finetune/trained.js';
import { openWeights, type Weights } from '../weights/open-weights.js';
import { checkDefinition } from './check-definition.js';
import type { Computation, ExportedNetwork } from './onnx/exported-network.js';
import { backboneGraph, tokensGraph } from './onnx/model.js';

/**
 * The part of a model that is written: the backbone, or the whole network by the name that its task
 * has for it.
 */
export type ExportKind = string;

export interface ExportSource extends Disposable, ExportedNetwork {
  readonly kind: ExportKind;
  /** Whether it is a backbone, without the head of a task. */
  readonly isBackbone: boolean;
  readonly image: ImageSize;
  /** Whether a graph takes images of any size; `image` is then one of them. */
  readonly isOpen?: boolean;
  /** The recipe that was recorded with the weights, if any was. */
  readonly recipe: AnyRecipe | undefined;
  readonly backbone: BackboneOptions;
  /** The file that the weights were in. */
  readonly file: string;
  /** Weights of this kind by the names of the published checkpoints, which are timm's for a ViT. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Pixels between the tokens of each stage; none of a whole network. */
  readonly strides: readonly number[];
  /** The maps that the embedding is made of; none of a whole network. */
  readonly pooled: PooledStages | undefined;
  /** Sentences about what was chosen of the weights, and left out. */
  readonly notes: readonly string[];
  /** The computation with the outputs that transformers have. */
  readonly asTransformer: Computation;
}

/** The part of weights that is exported. */
interface SourceOptions
  extends Pick<TrainedOptions, 'entry' | 'inference' | 'verify'>,
    Pick<PoolingOptions, 'stages' | 'pooling'> {
  /** Default: the whole network of what has been fine-tuned, else `backbone`. */
  readonly kind?: ExportKind | undefined;
}

/**
 * @throws CheckpointError when there are no weights, or none of such a model
 * @throws UmMaeError when there is no such stage, or no embedding to pool
 */
export function openSource(
  path: string,
  { kind, entry, inference, verify, stages, pooling }: SourceOptions = {},
): ExportSource {
  using weights = openWeights(path, undefined, { entry, verify });
  const isWhole = kind === undefined ? weights.extent === 'network' : kind !== 'backbone';
  if (isWhole) {
    if (stages ?? pooling) throw noEmbedding(path);
    return networkSource(trainedOf(weights, { inference }), kind);
  }
  const encoder = encoderOf(weights);
  const checked = checkDefinition(weights, encoder, entry);
  const notes = [...encoder.notes, ...checked];
  return backboneSource(weights, Object.assign({}, encoder, { notes }), { stages, pooling });
}

function noEmbedding(path: string): UmMaeError {
  return new UmMaeError(
    'export',
    `Expected a backbone for stages and pooling of an embedding but got a whole network of ${path}.\nAdd --kind backbone to export its backbone.`,
  );
}

function backboneSource(
  { recipe, path }: Weights,
  encoder: Encoder,
  pooling: PoolingOptions,
): ExportSource {
  const { backbone: network, image, options, notes } = encoder;
  const { stages, pooling: numbers } = choosePooling(network.channels, pooling);
  const pooled = { stages, pooling: numbers };
  const tensors = network.state();
  return {
    kind: 'backbone',
    isBackbone: true,
    title: 'backbone without a head',
    image,
    recipe,
    backbone: options,
    file: path,
    tensors,
    classes: [],
    strides: network.strides,
    pooled,
    notes,
    computation: {
      graph: (options) => backboneGraph(network, { ...options, pooled }),
      expected: (images) => {
        const maps = network.features(images);
        const named = maps.map((map, stage) => [`stage${stage}`, map] as const);
        return { ...Object.fromEntries(named), embedding: poolMaps(maps, pooled) };
      },
      output: 'embedding',
    },
    asTransformer: {
      graph: (options) => tokensGraph(network, { ...options, pooled }),
      expected: (images) => {
        const maps = network.features(images);
        const tokens = at(maps, -1).flatten({ startDim: 1, endDim: 2 });
        return { last_hidden_state: tokens, pooler_output: poolMaps(maps, pooled) };
      },
      output: 'pooler_output',
    },
    transformers: {
      architecture: 'Model',
      config: {},
      processor: 'ViTImageProcessor',
      pipeline: 'image-feature-extraction',
    },
    isKnownToTimm: true,
    [Symbol.dispose]: () => disposeOf(tensors),
  };
}

function networkSource(
  { task, model, recipe, path }: TrainedNetwork,
  wanted: ExportKind | undefined,
): ExportSource {
  const { network: kind } = task.kind;
  const exported = task.exported?.(model, recipe);
  if (!exported || (wanted !== undefined && wanted !== kind)) {
    throw new CheckpointError(
      `Expected a ${wanted ?? 'network that can be exported'} in ${path} but got a ${kind}.\nAdd --kind backbone to export its backbone.`,
    );
  }
  const tensors = model.state();
  return {
    ...exported,
    kind,
    isBackbone: false,
    image: exported.image ?? recipe.image,
    recipe,
    backbone: recipe.backbone,
    file: path,
    tensors,
    strides: [],
    pooled: undefined,
    notes: [],
    asTransformer: exported.computation,
    [Symbol.dispose]: () => disposeOf(tensors),
  };
}

function disposeOf(tensors: ReadonlyMap<string, Tensor>): void {
  for (const tensor of tensors.values()) tensor.dispose();
}
