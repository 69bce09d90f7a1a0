/**
 * The families that can be exported: in `export`, the only place that asks of which family a
 * backbone is.
 */
import { noGrad, type Tensor } from '@um-mae/torch';
import type { Backbone } from '../../backbones/backbone.js';
import type { BackboneKind, BackboneOptions } from '../../backbones/families.js';
import { Pvt } from '../../backbones/pvt/pvt.js';
import { Swin } from '../../backbones/swin/swin.js';
import type { VitOptions } from '../../backbones/vit/family.js';
import { Vit } from '../../backbones/vit/vit.js';
import { UmMaeError } from '../../errors.js';
import { type EncodedValues, type EncoderInput, layerNorm } from './backbones/layers.js';
import { pvtMaps } from './backbones/pvt.js';
import { swinMaps } from './backbones/swin.js';
import { vitValues } from './backbones/vit.js';
import type { Graph } from './graph/graph.js';

/**
 * A backbone as operators of ONNX, with its final norm.
 *
 * @throws UmMaeError when the backbone is of a family that has no operators here
 */
export function encoderValues(
  graph: Graph,
  backbone: Backbone,
  input: EncoderInput,
): EncodedValues {
  const { norm } = backbone;
  if (backbone instanceof Vit) return vitValues(graph, backbone, input);
  const maps = pyramidMaps(graph, backbone, input);
  const lastNormed = maps.map((map, stage) =>
    norm && stage === maps.length - 1 ? layerNorm(graph, norm, map) : map,
  );
  return { maps: lastNormed };
}

function pyramidMaps(graph: Graph, backbone: Backbone, input: EncoderInput) {
  if (backbone instanceof Swin) return swinMaps(graph, backbone, input);
  if (backbone instanceof Pvt) return pvtMaps(graph, backbone, input);
  throw new UmMaeError('export', 'Expected a Swin, PVT or ViT to export but got another backbone.');
}

/** The name of a family in the class names of transformers. */
export const transformersNames: Readonly<Partial<Record<BackboneKind, string>>> = {
  swin: 'Swin',
  pvt: 'Pvt',
  vit: 'ViT',
};

/** Families on which transformers.js has segmentors. */
export const transformersSegmentors: ReadonlySet<BackboneKind> = new Set(['swin']);

/** Options of a model that timm has too. */
export type TimmOptions = VitOptions;

/**
 * Weights by the names of timm: registers have another name there, and with them the position of
 * the class token is in the token itself.
 */
export function timmWeights(tensors: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
  const {
    register_tokens: registers,
    pos_embed: positions,
    cls_token: classToken,
  } = Object.fromEntries(tensors);
  if (!registers || !positions || !classToken) return tensors;
  return noGrad(() => {
    const renamed = [...tensors].map(
      ([name, tensor]) => [name === 'register_tokens' ? 'reg_token' : name, tensor] as const,
    );
    return new Map(renamed)
      .set('cls_token', classToken.add(positions.narrow(1, 0, 1)))
      .set('pos_embed', positions.slice({ dim: 1, start: 1 }));
  });
}

/**
 * The options of a model whose weights have the names that timm gives them; undefined for another.
 */
export function timmOptions(options: BackboneOptions): TimmOptions | undefined {
  return options.kind === 'vit' ? options : undefined;
}
