/** Backbones and classifiers as models of ONNX. */
import { ok as assert } from 'node:assert';
import { noGrad } from '@um-mae/torch';
import { BatchNorm2d, type Linear } from '@um-mae/torch/nn';
import { at } from '../../at.js';
import type { Backbone, ImageSize } from '../../backbones/backbone.js';
import { defaultPooledStages, type PooledStages } from '../../backbones/pooled-stages.js';
import type { Classifier } from '../../heads/classifier.js';
import { type Affine, layerNorm, linear } from './backbones/layers.js';
import { encoderValues } from './families.js';
import { Graph, type Value } from './graph/graph.js';
import { affineOf } from './graph/map-layers.js';
import type { OnnxModel, OutputInfo, Precision } from './graph/model-message.js';
import { pooledMaps } from './pooled-maps.js';

/** The name of the only input: normalised images, [batch, 3, height, width]. */
export const inputName = 'pixel_values';

export interface GraphOptions {
  readonly image: ImageSize;
  /** Whether images may have another size than `image`, too. Default false. */
  readonly isOpen?: boolean | undefined;
  /** Images at once; `batch` leaves it open. */
  readonly batch: number | 'batch';
  readonly precision: Precision;
}

export interface BackboneGraphOptions extends GraphOptions {
  /** The maps that the embedding is made of. Default: those of features of images. */
  readonly pooled?: PooledStages | undefined;
}

export type ModelGraph = Omit<OnnxModel, 'name' | 'producerVersion' | 'metadata'>;

/**
 * Outputs `stage0`, `stage1`, ...: feature maps [batch, height, width, channels], the last one
 * through the final norm where there is one; and `embedding`, pooled maps [batch, channels].
 *
 * @throws UmMaeError when the backbone is none that can be written
 */
export function backboneGraph(backbone: Backbone, options: BackboneGraphOptions): ModelGraph {
  const { pooled = defaultPooledStages(backbone.channels) } = options;
  return build(options, (graph, images) => {
    const { maps } = encoderValues(graph, backbone, { images, size: options.image });
    return [
      ...maps.map((map, stage) => graph.output(map, `stage${stage}`)),
      graph.output(pooledMaps(graph, maps, pooled), 'embedding'),
    ];
  });
}

/**
 * The same as transformers have it: `last_hidden_state`, the tokens of the last stage [batch,
 * tokens, channels] without a class token, and `pooler_output`, pooled maps [batch, channels].
 *
 * @throws UmMaeError when the backbone is none that can be written
 */
export function tokensGraph(backbone: Backbone, options: BackboneGraphOptions): ModelGraph {
  const { pooled = defaultPooledStages(backbone.channels) } = options;
  return build(options, (graph, images) => {
    const { maps } = encoderValues(graph, backbone, { images, size: options.image });
    const last = at(maps, -1);
    const [batch = 0, height, width, channels = 0] = last.shape;
    const tokens = graph.reshape(last, [batch, Number(height) * Number(width), channels]);
    return [
      graph.output(tokens, 'last_hidden_state'),
      graph.output(pooledMaps(graph, maps, pooled), 'pooler_output'),
    ];
  });
}

/**
 * The output `logits`, [batch, classes].
 *
 * @throws UmMaeError when the backbone is none that can be written
 */
export function classifierGraph(
  { encoder, fc_norm, head }: Classifier,
  options: GraphOptions,
): ModelGraph {
  return build(options, (graph, images) => {
    const { maps, classToken } = encoderValues(graph, encoder, { images, size: options.image });
    if (fc_norm instanceof BatchNorm2d) {
      const all = defaultPooledStages(encoder.channels);
      const read = graph.input(pooledMaps(graph, maps, all, encoder.epsilon));
      return [graph.output(linear(graph, normedBefore(head, fc_norm), read), 'logits')];
    }
    const mean = fc_norm && layerNorm(graph, fc_norm, graph.mean(at(maps, -1), [1, 2]));
    const read = mean ?? classToken;
    assert(read, 'only a backbone with a class token is pooled by it');
    return [graph.output(linear(graph, head, read), 'logits')];
  });
}

/** A linear layer of normed numbers as a layer of those before the norm. */
function normedBefore({ weight, bias }: Linear, norm: BatchNorm2d): Affine {
  return noGrad(() => {
    const { scale, bias: shift } = affineOf(norm);
    const added = weight.matmul(shift);
    return { weight: weight.mul(scale), bias: bias ? added.add(bias) : added };
  });
}

/** Makes a graph whose only input is the images. */
export function build(
  { image, isOpen = false, batch, precision }: GraphOptions,
  body: (graph: Graph, images: Value) => OutputInfo[],
): ModelGraph {
  const graph = new Graph(batch, precision, isOpen);
  const size = isOpen ? ['height', 'width'] : [image.height, image.width];
  const images = { name: inputName, shape: [batch, 3, ...size] };
  for (const [axis, name] of images.shape.entries()) {
    if (isOpen && typeof name === 'string') graph.measure(graph.sizeOf(images, axis), name);
  }
  const outputs = body(graph, graph.input(images));
  const { values, nodes, constants } = graph;
  return { inputs: [images], outputs, values, precision, nodes, constants };
}
