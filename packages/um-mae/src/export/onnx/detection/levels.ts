/** The levels of a detector's pyramid as operators of ONNX, for one size of images. */
import type { LayerNorm, Sequential } from '@um-mae/torch/nn';
import { at } from '../../../at.js';
import type { Detector } from '../../../detection/networks/detector.js';
import { FeaturePyramid } from '../../../detection/networks/pyramid/feature-pyramid.js';
import type { LevelMaker, MapSource } from '../../../detection/networks/pyramid/map-source.js';
import {
  MapNormalisation,
  SimplePyramid,
} from '../../../detection/networks/pyramid/simple-pyramid.js';
import { UmMaeError } from '../../../errors.js';
import { MapPyramid, MaxPool } from '../../../heads/segmentation/map-pyramid.js';
import { layerNorm } from '../backbones/layers.js';
import { blockOnMap } from '../backbones/transformer-block.js';
import { encoderValues } from '../families.js';
import type { Graph, Value } from '../graph/graph.js';
import { applied, normed, projection } from '../graph/map-layers.js';
import { largestOfSquares } from '../graph/maps.js';

/** A detector's way from images to levels. */
export interface LevelParts extends Pick<Detector, 'encoder'> {
  readonly backbone: MapSource;
  readonly neck: LevelMaker;
}

export interface LevelOptions {
  /** The number of levels. */
  readonly count: number;
  /** Pixels between the places of the finest level. */
  readonly finest: number;
}

/** @returns [batch, channels, rows, columns] of each level, from the finest to the coarsest */
export function levelValues(
  graph: Graph,
  { backbone, neck }: LevelParts,
  images: Value,
  { count, finest }: LevelOptions,
): Value[] {
  const first = backbone.strides.indexOf(finest);
  const maps = mapValues(graph, backbone, images).slice(first);
  const levels = neck instanceof FeaturePyramid ? pyramid(graph, neck, maps) : [...maps];
  while (levels.length < count) levels.push(nextLevel(graph, neck, levels));
  return levels;
}

function mapValues(graph: Graph, backbone: MapSource, images: Value): Value[] {
  const [, , height, width] = images.shape.map(Number);
  const size = { height: height ?? Number.NaN, width: width ?? Number.NaN };
  const { maps } = encoderValues(graph, backbone.encoder, { images, size });
  if (backbone instanceof MapPyramid) {
    const { global_block: block, steps } = backbone;
    const last = at(maps, -1);
    const seen = [...maps.slice(0, -1), block ? blockOnMap(graph, block, last) : last];
    return steps.map((step, i) => projection(graph, step, at(seen, i)));
  }
  if (!(backbone instanceof SimplePyramid)) {
    throw new UmMaeError('export', 'Expected a pyramid of known layers but got another one.');
  }
  const last = graph.transpose(at(maps, -1), [0, 3, 1, 2]);
  return backbone.simple_fpn.map((layers) => plainMap(graph, layers, last));
}

function plainMap(graph: Graph, layers: Sequential, map: Value): Value {
  let x = map;
  for (const [, layer] of layers.children()) {
    if (layer instanceof MaxPool) x = largestOfSquares(graph, x, layer.side);
    else if (layer instanceof MapNormalisation) x = normedMap(graph, layer, x);
    else x = applied(graph, layer, x);
  }
  return x;
}

function normedMap(graph: Graph, norm: LayerNorm, x: Value): Value {
  const tokens = layerNorm(graph, norm, graph.transpose(x, [0, 2, 3, 1]));
  return graph.transpose(tokens, [0, 3, 1, 2]);
}

/** The levels of the maps that come in, without coarser ones. */
function pyramid(graph: Graph, { lateral_convs, fpn_convs }: FeaturePyramid, maps: Value[]) {
  let above: Value | undefined;
  const summed = lateral_convs
    .map((conv, i) => normed(graph, conv, at(maps, i)))
    .reverse()
    .map((lateral) => {
      above = above ? graph.add(lateral, nearest(graph, above, lateral)) : lateral;
      return above;
    });
  return summed.reverse().map((map, i) => normed(graph, at(fpn_convs, i), map));
}

/** A coarser map in the size of a finer one, by the nearest place. */
function nearest(graph: Graph, x: Value, like: Value): Value {
  const scales = [2, 3].map((axis) => Number(like.shape[axis]) / Number(x.shape[axis]));
  const [batch = 1, channels = 1] = x.shape;
  const shape = [batch, channels, ...like.shape.slice(2)];
  return graph.node('Resize', [x, undefined, graph.floats([1, 1, ...scales])], shape, {
    mode: { text: 'nearest' },
    coordinate_transformation_mode: { text: 'asymmetric' },
    nearest_mode: { text: 'floor' },
  });
}

/** A level of half the places: by a strided convolution where there is one, or by every second. */
function nextLevel(graph: Graph, neck: LevelMaker, levels: readonly Value[]): Value {
  const last = at(levels, -1);
  const conv = neck instanceof FeaturePyramid ? neck.fpn_convs[levels.length] : undefined;
  if (conv) return normed(graph, conv, last, 2);
  const [batch = 1, channels = 1, ...size] = last.shape;
  const shape = [batch, channels, ...size.map((side) => Math.ceil(Number(side) / 2))];
  const bounds = [
    [0, 0],
    [2 ** 31 - 1, 2 ** 31 - 1],
    [2, 3],
    [2, 2],
  ];
  const parts = bounds.map((values) => graph.integers(values));
  return graph.node('Slice', [last, ...parts], shape);
}
