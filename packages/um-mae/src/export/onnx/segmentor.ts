/** UPerNet on a pyramid of maps as operators of ONNX, for one size of images or for any. */
import { at } from '../../at.js';
import type { Backbone, ImageSize } from '../../backbones/backbone.js';
import { UmMaeError } from '../../errors.js';
import type { Segmentor } from '../../heads/segmentation/segmentor.js';
import type { UperNet } from '../../heads/segmentation/upernet.js';
import { encoderValues } from './families.js';
import type { Graph, Value } from './graph/graph.js';
import { activated, projection } from './graph/map-layers.js';
import { concatenated, convolved, pooled, resized } from './graph/maps.js';
import { build, type GraphOptions, type ModelGraph } from './model.js';

/** The answer of a graph: logits of every class, or the number of the likeliest class. */
export type SegmentorOutput = 'logits' | 'classes';

/**
 * The output `logits` f32 [batch, classes, height, width], of every pixel of the images, or
 * `classes` i32 [batch, height, width].
 *
 * @throws UmMaeError when the network is none for images of this size, or of any size
 */
export function segmentorGraph(
  { backbone, decode_head: head, options: { relativePositions, image } }: Segmentor,
  options: GraphOptions,
  output: SegmentorOutput = 'logits',
): ModelGraph {
  const { encoder, steps } = backbone;
  checkExported(options, { unit: unitOf(encoder), only: relativePositions ? image : undefined });
  return build(options, (graph, images) => {
    const { maps } = encoderValues(graph, encoder, { images, size: options.image });
    const projected = maps.map((map, i) => projection(graph, steps[i], map));
    const [, , height = 0, width = 0] = images.shape;
    const small = upernet(graph, head, projected);
    const logits = resized(graph, small, [height, width], head.alignCorners);
    return [
      output === 'logits' ? graph.output(logits, 'logits') : graph.largest(logits, 1, output),
    ];
  });
}

/** The number of pixels that a graph of one size divides sides by: none is left over there. */
function unitOf({ strides, patch }: Backbone): number {
  return strides.length > 1 ? at(strides, -1) : patch;
}

/** @throws UmMaeError unless sizes are multiples of `unit`, and are `only` where there is one */
function checkExported(
  { image, isOpen }: GraphOptions,
  { unit, only }: { readonly unit: number; readonly only: ImageSize | undefined },
): void {
  const { height, width } = image;
  const size = isOpen ? 'any size' : `${height}x${width}`;
  if (only && (isOpen || only.height !== height || only.width !== width)) {
    throw new UmMaeError(
      'export',
      `Expected images of ${only.height}x${only.width}, the only size of relative positions, to export a segmentor for but got ${size}.`,
    );
  }
  if (isOpen || (height % unit === 0 && width % unit === 0)) return;
  throw new UmMaeError(
    'export',
    `Expected images of a multiple of ${unit} pixels to export a segmentor for but got ${size}; open the size by --size dynamic.`,
  );
}

/** @param maps from the finest to the coarsest  @returns logits of the finest map */
function upernet(graph: Graph, head: UperNet, maps: readonly Value[]): Value {
  const like = (map: Value, x: Value) =>
    resized(graph, x, [at(map.shape, 2), at(map.shape, 3)], head.alignCorners);
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
