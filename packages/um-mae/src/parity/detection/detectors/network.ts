/** Networks of the cases, from the arguments of the published classes. */
import type { Generator, Tensor } from '@um-mae/torch';
import type { Module } from '@um-mae/torch/nn';
import { z } from 'zod';
import { buildBackbone } from '../../../backbones/build.js';
import { MapPyramid } from '../../../heads/segmentation/map-pyramid.js';
import type { Comparison } from '../../comparison.js';
import { denseBackbone } from '../../segmentation/networks/network.js';
import type { Numbers } from '../numbers.js';

const published = z.looseObject({ embed_dims: z.array(z.number()).optional() });

/** The backbone of a published detector, with LayerNorm and Linear on each stage. */
export function detectionMaps(given: unknown, generator: Generator): MapPyramid {
  const { type: _, patch_size: __, in_chans: ___, ...rest } = published.parse(given);
  const family = rest.embed_dims ? 'pvt' : 'swin';
  const { backbone, image, projection } = denseBackbone({
    family,
    projection: 'LayerNorm and Linear',
    given: rest,
  });
  const parts = { generator, finalNorm: false, trainedPositions: true, nominal: image };
  return new MapPyramid(buildBackbone(backbone, image, parts), projection, { generator });
}

/** The tensors whose names begin with `prefix`, without it. */
export function withoutPrefix(
  tensors: ReadonlyMap<string, Tensor>,
  prefix: string,
): ReadonlyMap<string, Tensor> {
  const own = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

/** A name of a published detector as ours has it. */
export function withoutBackbone(name: string): string {
  return name.replace(/^backbone\./, '');
}

/** The gradients that the parameters of a model have, by their published names. */
export function compareGradients(numbers: Numbers, model: Module, prefix = ''): Comparison[] {
  const parameters = model.namedParameters();
  return numbers.results.flatMap((name) => {
    if (!name.startsWith(prefix)) return [];
    const own = name.slice(prefix.length);
    const parameter = parameters.get(own) ?? parameters.get(withoutBackbone(own));
    if (!parameter) return [];
    return [numbers.compare(name, parameter.grad ?? parameter.mul(Number.NaN))];
  });
}
