/** UPerNet on a pyramid of maps as operators of ONNX, for one size of images. */
import { noGrad, type Tensor } from '@um-mae/torch';
import { type BatchNorm2d, Conv2d, LayerNorm, Linear } from '@um-mae/torch/nn';
import { at } from '../../at.js';
import type { ImageSize } from '../../backbones/backbone.js';
import { UmMaeError } from '../../errors.js';
import type { NormedConv } from '../../heads/normed-conv.js';
import type { Step } from '../../heads/segmentation/map-pyramid.js';
import type { Segmentor } from '../../heads/segmentation/segmentor.js';
import type { UperNet } from '../../heads/segmentation/upernet.js';
import { encoderValues } from './families.js';
import type { Graph, Value } from './graph.js';
import { layerNorm, linear } from './layers.js';
import { concatenated, convolved, groupNormed, pooled, resized } from './maps.js';
import { build, type GraphOptions, type ModelGraph } from './model.js';

/**
 * The output `logits` [batch, classes, height, width], of every pixel of the images.
 *
 * @throws UmMaeError when the backbone has no pyramid of maps that can be written, or not of this
 *   size
 */
export function segmentorGraph(
  { backbone, decode_head: head }: Segmentor,
  options: GraphOptions,
): ModelGraph {
  const { encoder, steps } = backbone;
  const { height, width } = options.image;
  checkExported(encoder.strides, options.image);
  return build(options, (graph, images) => {
    const { maps } = encoderValues(graph, encoder, { images, size: options.image });
    const projected = maps.map((map, i) => projection(graph, steps[i], map));
    const logits = upernet(graph, head, projected);
    return [graph.output(resized(graph, logits, [height, width], head.alignCorners), 'logits')];
  });
}

/** @throws UmMaeError when there are no operators for these maps */
function checkExported(strides: readonly number[], { height, width }: ImageSize): void {
  const coarsest = at(strides, -1);
  const fits = height % coarsest === 0 && width % coarsest === 0;
  if (strides.length > 1 && fits) return;
  const [wanted, found] = fits
    ? ['on a Swin or PVT', 'one on a ViT']
    : [`whose crop is a multiple of ${coarsest} pixels`, `a crop of ${height}x${width}`];
  throw new UmMaeError('export', `Expected a segmentor ${wanted} to export but got ${found}.`);
}

/** [batch, height, width, channels] -> [batch, channels', height, width] */
function projection(graph: Graph, step: Step | undefined, tokens: Value): Value {
  const asMap = (x: Value) => graph.transpose(x, [0, 3, 1, 2]);
  if (!step) return asMap(tokens);
  if (step.layer instanceof Conv2d) return convolved(graph, asMap(tokens), step.layer);
  let x = tokens;
  for (const [, layer] of step.layer.children()) {
    if (layer instanceof LayerNorm) x = layerNorm(graph, layer, x);
    if (layer instanceof Linear) x = linear(graph, layer, x);
  }
  return asMap(x);
}

/** @param maps from the finest to the coarsest  @returns logits of the finest map */
function upernet(graph: Graph, head: UperNet, maps: readonly Value[]): Value {
  const like = (map: Value, x: Value) =>
    resized(graph, x, [Number(map.shape[2]), Number(map.shape[3])], head.alignCorners);
  const coarsest = at(maps, -1);
  const pools = [...head.psp_modules].map(({ parts: [{ side }, block] }) =>
    like(coarsest, activated(graph, block, pooled(graph, coarsest, side))),
  );
  const top = activated(graph, head.bottleneck, concatenated(graph, [coarsest, ...pools]));
  let above = top;
  const summed = [...head.lateral_convs.entries()].reverse().map(([i, conv]) => {
    const lateral = activated(graph, conv, at(maps, i));
    above = graph.add(lateral, like(lateral, above));
    return above;
  });
  const levels = summed.reverse().map((map, i) => activated(graph, at(head.fpn_convs, i), map));
  const finest = at(levels, 0);
  const alike = [...levels, top].map((level) => like(finest, level));
  const fused = activated(graph, head.fpn_bottleneck, concatenated(graph, alike));
  return convolved(graph, fused, head.conv_seg);
}

/** Convolution, norm, ReLU. Statistics that do not change become part of the convolution. */
function activated(graph: Graph, { conv: { weight }, bn, gn }: NormedConv, x: Value): Value {
  const convolution = convolved(graph, x, bn ? folded(weight, bn) : { weight });
  const normed = gn ? groupNormed(graph, gn, convolution) : convolution;
  return graph.node('Relu', [normed], normed.shape);
}

/** @param weight [outputs, inputs, side, side], before the norm */
function folded(weight: Tensor, norm: BatchNorm2d): { weight: Tensor; bias: Tensor } {
  return noGrad(() => {
    const scale = norm.weight.div(norm.running_var.add(norm.epsilon).sqrt());
    const bias = norm.bias.sub(norm.running_mean.mul(scale));
    return { weight: weight.mul(scale.view([-1, 1, 1, 1])), bias };
  });
}
