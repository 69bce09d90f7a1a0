/** Layers between maps, as networks have them, as operators of ONNX. */
import { noGrad, type Tensor } from '@um-mae/torch';
import {
  BatchNorm2d,
  Conv2d,
  Gelu,
  LayerNorm,
  Linear,
  type Module,
  Sequential,
  TransposedConv2d,
  UnbiasedConv2d,
} from '@um-mae/torch/nn';
import { UmMaeError } from '../../../errors.js';
import type { NormedConv } from '../../../heads/normed-conv.js';
import { MaxPool, type Step } from '../../../heads/segmentation/map-pyramid.js';
import { gelu, layerNorm, linear } from '../backbones/layers.js';
import type { Graph, Value } from './graph.js';
import { convolved, enlarged, groupNormed, largestOfSquares } from './maps.js';

/** [batch, height, width, channels] -> [batch, channels', height', width'] */
export function projection(graph: Graph, step: Step | undefined, tokens: Value): Value {
  const asMap = (x: Value) => graph.transpose(x, [0, 3, 1, 2]);
  if (!step) return asMap(tokens);
  const layers: readonly Module[] =
    step.layer instanceof Sequential
      ? [...step.layer.children()].map(([, layer]) => layer)
      : [step.layer];
  const apply = (x: Value) => layers.reduce((map, layer) => applied(graph, layer, map), x);
  return step.takesTokens ? asMap(apply(tokens)) : apply(asMap(tokens));
}

/** A layer of a projection: of tokens where it is LayerNorm or Linear, else of maps. */
export function applied(graph: Graph, layer: Module, x: Value): Value {
  if (layer instanceof LayerNorm) return layerNorm(graph, layer, x);
  if (layer instanceof Linear) return linear(graph, layer, x);
  if (layer instanceof UnbiasedConv2d) return convolved(graph, x, withBias(layer));
  if (layer instanceof TransposedConv2d) return enlarged(graph, x, layer);
  if (layer instanceof BatchNorm2d) return batchNormed(graph, layer, x);
  if (layer instanceof Gelu) return gelu(graph, x);
  if (layer instanceof MaxPool) return largestOfSquares(graph, x, layer.side);
  throw new UmMaeError('export', 'Expected a projection of known layers but got another layer.');
}

/** Convolution, norm, ReLU. */
export function activated(graph: Graph, layer: NormedConv, x: Value): Value {
  return rectified(graph, normed(graph, layer, x));
}

export function rectified(graph: Graph, x: Value): Value {
  return graph.node('Relu', [x], x.shape);
}

/** Convolution and norm. Statistics that do not change become part of the convolution. */
export function normed(graph: Graph, { conv, bn, gn }: NormedConv, x: Value, stride = 1): Value {
  const layer = bn ? folded(conv.weight, bn) : withBias(conv);
  const convolution = convolved(graph, x, layer, stride);
  return gn ? groupNormed(graph, gn, convolution) : convolution;
}

/** The numbers of a convolution; a network's own has a bias where no norm follows. */
function withBias(conv: UnbiasedConv2d): { weight: Tensor; bias?: Tensor } {
  return conv instanceof Conv2d
    ? { weight: conv.weight, bias: conv.bias }
    : { weight: conv.weight };
}

/** Normalises by statistics that do not change. */
function batchNormed(graph: Graph, norm: BatchNorm2d, x: Value): Value {
  const { weight, bias, running_mean, running_var, epsilon } = norm;
  const numbers = [weight, bias, running_mean, running_var].map((one) => graph.constant(one));
  const attributes = { epsilon: { float: epsilon } };
  return graph.node('BatchNormalization', [x, ...numbers], x.shape, attributes);
}

/** Returns what a norm by unchanging statistics does to each channel. */
export function affineOf(norm: BatchNorm2d): { scale: Tensor; bias: Tensor } {
  const scale = norm.weight.div(norm.running_var.add(norm.epsilon).sqrt());
  return { scale, bias: norm.bias.sub(norm.running_mean.mul(scale)) };
}

/** @param weight [outputs, inputs, side, side], before the norm */
function folded(weight: Tensor, norm: BatchNorm2d): { weight: Tensor; bias: Tensor } {
  return noGrad(() => {
    const { scale, bias } = affineOf(norm);
    return { weight: weight.mul(scale.view([-1, 1, 1, 1])), bias };
  });
}
