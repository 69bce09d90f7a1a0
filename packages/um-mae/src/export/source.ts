/** A trained model that is to be exported. */
import type { Tensor } from '@um-mae/torch';
import type { ImageSize } from '../backbones/backbone.js';
import type { BackboneOptions } from '../backbones/families.js';
import { type Encoder, encoderOf } from '../features/load.js';
import type { AnyRecipe } from '../recipes/kind.js';
import { classifierOf, type TrainedClassifier } from '../weights/classifier-of.js';
import { openWeights, type Weights } from '../weights/open-weights.js';
import {
  backboneGraph,
  classifierGraph,
  type GraphOptions,
  type ModelGraph,
  tokensGraph,
} from './onnx/model.js';

/** The part of a model that is written: the backbone, or the whole classifier. */
export type ExportKind = 'backbone' | 'classifier';

/** A graph, and what it has to compute, by the names of its outputs. */
export interface Computation {
  readonly graph: (options: GraphOptions) => ModelGraph;
  readonly expected: (images: Tensor) => Readonly<Record<string, Tensor>>;
}

export interface ExportSource extends Disposable {
  readonly kind: ExportKind;
  readonly image: ImageSize;
  /** The recipe that was recorded with the weights, if any was. */
  readonly recipe: AnyRecipe | undefined;
  readonly backbone: BackboneOptions;
  /** The file that the weights were in. */
  readonly file: string;
  /** Weights of this kind by the names of the published checkpoints, which are timm's for a ViT. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Names of the classes, in the order of the logits; none of a backbone. */
  readonly classes: readonly string[];
  /** Pixels between the tokens of each stage; none of a classifier. */
  readonly strides: readonly number[];
  /** Sentences about what was chosen of the weights, and left out. */
  readonly notes: readonly string[];
  readonly computation: Computation;
  /** The computation with the outputs that transformers have. */
  readonly asTransformer: Computation;
}

/**
 * @param entry the weights to take of a file that holds several sets
 * @param kind by default `classifier` for what has been fine-tuned, else `backbone`
 * @throws CheckpointError when there are no weights, or none of such a model
 */
export function openSource(path: string, kind?: ExportKind, entry?: string): ExportSource {
  using weights = openWeights(path, undefined, entry);
  const chosen = kind ?? (weights.extent === 'classifier' ? 'classifier' : 'backbone');
  return chosen === 'classifier'
    ? classifierSource(classifierOf(weights))
    : backboneSource(weights, encoderOf(weights));
}

function backboneSource({ recipe, path }: Weights, encoder: Encoder): ExportSource {
  const { backbone: network, image, options, notes } = encoder;
  const tensors = network.state();
  return {
    kind: 'backbone',
    image,
    recipe,
    backbone: options,
    file: path,
    tensors,
    classes: [],
    strides: network.strides,
    notes,
    computation: {
      graph: (options) => backboneGraph(network, options),
      expected: (images) => {
        const maps = network.features(images);
        const named = maps.map((map, stage) => [`stage${stage}`, map] as const);
        const last = maps.at(-1);
        return { ...Object.fromEntries(named), ...(last && { embedding: last.mean([1, 2]) }) };
      },
    },
    asTransformer: {
      graph: (options) => tokensGraph(network, options),
      expected: (images) => {
        const tokens = network.features(images).at(-1)?.flatten({ startDim: 1, endDim: 2 });
        return tokens ? { last_hidden_state: tokens, pooler_output: tokens.mean([1]) } : {};
      },
    },
    [Symbol.dispose]: () => disposeOf(tensors),
  };
}

function classifierSource({ model, classes, recipe, path }: TrainedClassifier): ExportSource {
  const tensors = model.state();
  const computation: Computation = {
    graph: (options) => classifierGraph(model, options),
    expected: (images) => ({ logits: model.forward(images) }),
  };
  return {
    kind: 'classifier',
    image: recipe.image,
    recipe,
    backbone: recipe.backbone,
    file: path,
    tensors,
    classes,
    strides: [],
    notes: [],
    computation,
    asTransformer: computation,
    [Symbol.dispose]: () => disposeOf(tensors),
  };
}

function disposeOf(tensors: ReadonlyMap<string, Tensor>): void {
  for (const tensor of tensors.values()) tensor.dispose();
}
