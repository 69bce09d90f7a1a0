/** The layers that all backbones share, as operators of ONNX. */
import { ok as assert } from 'node:assert';
import { noGrad, type Tensor } from '@um-mae/torch';
import type { Conv2d, LayerNorm } from '@um-mae/torch/nn';
import { at } from '../../../at.js';
import type { ImageSize } from '../../../backbones/backbone.js';
import type { LayerScale } from '../../../backbones/parts/blocks/layer-scale.js';
import type { Mlp } from '../../../backbones/parts/blocks/mlp.js';
import type { Downsample } from '../../../backbones/parts/grid/downsample.js';
import type { PatchEmbedding } from '../../../backbones/parts/grid/patch-embedding.js';
import type { Graph, Value } from '../graph/graph.js';

/** The inputs of an encoder. */
export interface EncoderInput {
  /** [batch, 3, height, width] */
  readonly images: Value;
  readonly size: ImageSize;
}

/** The outputs of an encoder. */
export interface EncodedValues {
  /** The output of each stage, [batch, height, width, channels]. */
  readonly maps: readonly Value[];
  /** [batch, channels] */
  readonly classToken?: Value;
}

/** @param x [..., inputs]  @returns [..., outputs] */
export function linear(graph: Graph, layer: Affine, x: Value): Value {
  return graph.affine(x, graph.constant(layer.weight), layer.bias && graph.constant(layer.bias));
}

/** The weight and bias of a linear layer. */
export interface Affine {
  /** [outputs, inputs] */
  readonly weight: Tensor;
  /** [outputs] */
  readonly bias: Tensor | undefined;
}

/**
 * A layer of queries with 1 / sqrt(channels of a head) in its numbers: whoever runs the model
 * multiplies nothing by it.
 */
export function scaledQueries({ weight, bias }: Affine, heads: number): Affine {
  const scale = (at(weight.shape, 0) / heads) ** -0.5;
  return noGrad(() => ({ weight: weight.mul(scale), bias: bias?.mul(scale) }));
}

/**
 * Queries, keys and values from one layer, by one of their own each: nothing has to be taken apart
 * afterwards.
 */
export function queriesKeysValues(
  graph: Graph,
  { weight, bias }: Affine,
  { x, heads }: { readonly x: Value; readonly heads: number },
): Pick<AttentionInput, 'query' | 'key' | 'value'> {
  const weights = weight.chunk(3);
  const biases = bias?.chunk(3);
  const [query, key, value] = weights.map((rows, part) => {
    const layer = { weight: rows, bias: biases?.[part] };
    return linear(graph, part === 0 ? scaledQueries(layer, heads) : layer, x);
  });
  assert(query && key && value, 'queries, keys and values');
  return { query, key, value };
}

export function layerNorm(graph: Graph, norm: LayerNorm, x: Value): Value {
  const bias = graph.constant(norm.bias);
  return graph.layerNorm(x, graph.constant(norm.weight), { bias, epsilon: norm.epsilon });
}

/** Two linear layers with the exact GELU between. */
export function mlp(graph: Graph, { fc1, fc2 }: Mlp, x: Value): Value {
  return linear(graph, fc2, gelu(graph, linear(graph, fc1, x)));
}

/** Computes (1 + erf(x / sqrt(2))) x / 2 in the order that runtimes recognise. */
export function gelu(graph: Graph, x: Value): Value {
  const cumulative = graph.add(
    graph.erf(graph.divide(x, graph.number(Math.SQRT2))),
    graph.number(1),
  );
  return graph.multiply(graph.multiply(x, cumulative), graph.number(0.5));
}

/**
 * @param images [batch, 3, height, width]
 * @returns [batch, height / patch, width / patch, channels]
 */
export function patchEmbedding(graph: Graph, { proj, norm }: PatchEmbedding, images: Value): Value {
  const map = graph.convolution(images, graph.constant(proj.weight), graph.constant(proj.bias));
  const tokens = graph.transpose(map, [0, 2, 3, 1]);
  return norm ? layerNorm(graph, norm, tokens) : tokens;
}

/** [batch, 2 height, 2 width, channels before] -> [batch, height, width, channels] */
export function downsample(graph: Graph, { norm, proj }: Downsample, x: Value): Value {
  const map = graph.transpose(norm ? layerNorm(graph, norm, x) : x, [0, 3, 1, 2]);
  return graph.transpose(convolution(graph, proj, map), [0, 2, 3, 1]);
}

function convolution(graph: Graph, { weight, bias }: Conv2d, map: Value): Value {
  return graph.convolution(map, graph.constant(weight), graph.constant(bias));
}

export interface AttentionInput {
  /** [batch, tokens, channels] */
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
  readonly heads: number;
}

/**
 * softmax(q k^T + bias) v of every head, of scaled queries.
 *
 * @param bias adds to logits [batch, heads, queries, keys]
 * @returns [batch, queries, channels]
 */
export function attention(
  graph: Graph,
  { query, key, value, heads }: AttentionInput,
  bias: (logits: Value) => Value = (logits) => logits,
): Value {
  const perHead = Number(query.shape[2]) / heads;
  const apart = (x: Value, axes: readonly number[]) => {
    const [batch = 0, tokens = 0] = x.shape;
    return graph.transpose(graph.reshape(x, [batch, tokens, heads, perHead]), axes);
  };
  const logits = graph.product(apart(query, [0, 2, 1, 3]), apart(key, [0, 2, 3, 1]));
  const weights = graph.softmax(bias(logits));
  const mixed = graph.transpose(graph.product(weights, apart(value, [0, 2, 1, 3])), [0, 2, 1, 3]);
  return graph.reshape(mixed, query.shape);
}

/** The parts of a pre-norm block that all families have, and LayerScale where a block has it. */
interface ResidualParts {
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;
  readonly ls1?: LayerScale | undefined;
  readonly ls2?: LayerScale | undefined;
}

/** Both halves of a pre-norm block, residual. */
export function residual(
  graph: Graph,
  { norm1, norm2, mlp: wide, ls1, ls2 }: ResidualParts,
  x: Value,
  attend: (normed: Value) => Value,
): Value {
  const scaled = (scale: LayerScale | undefined, branch: Value) =>
    scale ? graph.multiply(branch, graph.constant(scale.gamma)) : branch;
  const attended = graph.add(x, scaled(ls1, attend(layerNorm(graph, norm1, x))));
  return graph.add(attended, scaled(ls2, mlp(graph, wide, layerNorm(graph, norm2, attended))));
}

/** Numbers of an integer tensor. */
export function integersOf(tensor: Tensor): number[] {
  return Array.from(tensor.toArray(), Number);
}
