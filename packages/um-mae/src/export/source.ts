/** A trained model that is to be exported. */
import { scope, type Tensor } from '@um-mae/torch';
import type { ImageSize } from '../backbones/backbone.js';
import type { BackboneOptions } from '../backbones/families.js';
import { load } from '../features/load.js';
import type { FinetuneRecipe } from '../recipes/finetune-recipe.js';
import type { PretrainRecipe } from '../recipes/pretrain-recipe.js';
import { toldModel } from '../weights/model-of-file.js';
import { readClassifier } from '../weights/read-classifier.js';
import { isFinetuned, readWeightsFile } from '../weights/weights-file.js';
import {
  backboneGraph,
  classifierGraph,
  type GraphOptions,
  type ModelGraph,
  tokensGraph,
} from './onnx/model.js';

/** What of a model is written: its features, or what it makes of them. */
export type ExportKind = 'backbone' | 'classifier';

/** A graph, and what it has to compute, by the names of its outputs. */
export interface Computation {
  readonly graph: (options: GraphOptions) => ModelGraph;
  readonly expected: (images: Tensor) => Readonly<Record<string, Tensor>>;
}

export interface ExportSource extends Disposable {
  readonly kind: ExportKind;
  readonly image: ImageSize;
  /** That was recorded with the weights, if any was. */
  readonly recipe: PretrainRecipe | FinetuneRecipe | undefined;
  readonly backbone: BackboneOptions;
  /** The file that the weights were in. */
  readonly file: string;
  /** Weights of this kind by the names of the published checkpoints, which are timm's for a ViT. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Names of the classes, in the order of the logits; none of a backbone. */
  readonly classes: readonly string[];
  /** Pixels between the tokens of each stage; none of a classifier. */
  readonly strides: readonly number[];
  readonly computation: Computation;
  /** With the outputs that transformers have. */
  readonly asTransformer: Computation;
}

/**
 * @param kind by default `classifier` for what has been fine-tuned, else `backbone`
 * @throws CheckpointError when there are no weights, or none of such a model
 */
export async function openSource(path: string, kind?: ExportKind): Promise<ExportSource> {
  const { recipe, path: file } = scope(() => readWeightsFile(path));
  const chosen = kind ?? (recipe && isFinetuned(recipe) ? 'classifier' : 'backbone');
  if (chosen === 'classifier') return openClassifier(path);
  const frozen = await load(path);
  const { backbone: network, image, strides } = frozen;
  return {
    ...{ kind: chosen, image, recipe, file, classes: [], strides },
    backbone: scope(() => toldModel(path)).backbone,
    tensors: network.state(),
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
    [Symbol.dispose]: () => frozen.dispose(),
  };
}

function openClassifier(path: string): ExportSource {
  const { model, classes, recipe, path: file } = readClassifier(path);
  const tensors = model.state();
  const computation: Computation = {
    graph: (options) => classifierGraph(model, options),
    expected: (images) => ({ logits: model.forward(images) }),
  };
  return {
    ...{ kind: 'classifier', image: recipe.image, recipe, file, classes, strides: [] },
    ...{ backbone: recipe.backbone, tensors, computation, asTransformer: computation },
    [Symbol.dispose]: () => {
      for (const tensor of tensors.values()) tensor.dispose();
    },
  };
}
