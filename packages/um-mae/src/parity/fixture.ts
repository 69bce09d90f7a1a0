/** A folder of numbers that the published implementation computed: `case.json` and tensors beside it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tensor } from '@um-mae/torch';
import { readSafetensors } from '@um-mae/torch/serialization';
import { z } from 'zod';
import { UmMaeError } from '../errors.js';
import type { MaskedAutoencoderOptions } from '../objectives/masked-autoencoder.js';

/** Constructor arguments of the published `MaskedAutoencoderSwin`. */
const swinConstructor = z.object({
  img_size: z.number(),
  patch_size: z.number(),
  embed_dim: z.number(),
  depths: z.array(z.number()),
  num_heads: z.array(z.number()),
  window_size: z.number(),
  posmlp_dim: z.number(),
  decoder_embed_dim: z.number(),
  decoder_depth: z.number(),
  decoder_num_heads: z.number(),
  norm_pix_loss: z.boolean(),
  vis_mask_ratio: z.number(),
});

const caseFile = z.object({
  case: z.string().optional(),
  reference_class: z.string(),
  constructor: swinConstructor,
});

/** What every kind of case has. */
export interface Fixture {
  readonly folder: string;
  /** All of `case.json`, for the schema of the kind of case. */
  readonly json: unknown;
  readonly model: MaskedAutoencoderOptions;
}

/** @throws UmMaeError when the folder holds no case, or one of another model */
export function readFixture(folder: string): Fixture {
  const json = readCase(join(folder, 'case.json'));
  const parsed = caseFile.safeParse(json);
  const model = z.object({ reference_class: z.string() }).safeParse(json);
  if (!parsed.success || !parsed.data.reference_class.startsWith('MaskedAutoencoderSwin ')) {
    const found = model.success ? `one of ${model.data.reference_class}` : 'another file';
    throw new UmMaeError(
      'parity',
      `Expected a case of MaskedAutoencoderSwin in ${folder} but got ${found}.`,
    );
  }
  return { folder, json, model: modelOptions(parsed.data.constructor) };
}

function readCase(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new UmMaeError('parity', `Expected a parity case in ${path} but could not read it.`, {
      cause,
    });
  }
}

/** The tensors of one file of a case, by name. */
export function readTensors(fixture: Fixture, file: string): ReadonlyMap<string, Tensor> {
  return readSafetensors(join(fixture.folder, file)).tensors;
}

function modelOptions(published: z.infer<typeof swinConstructor>): MaskedAutoencoderOptions {
  return {
    backbone: {
      kind: 'swin',
      channels: published.embed_dim,
      depths: published.depths,
      heads: published.num_heads,
      window: published.window_size,
      positionChannels: published.posmlp_dim,
      patch: published.patch_size,
    },
    image: { height: published.img_size, width: published.img_size },
    masking: { kind: 'uniform', secondaryRatio: published.vis_mask_ratio, corners: 'balanced' },
    decoder: {
      channels: published.decoder_embed_dim,
      depth: published.decoder_depth,
      heads: published.decoder_num_heads,
      positions: 'published',
    },
    normPixels: published.norm_pix_loss,
  };
}

/** A tensor that the case must have. @throws UmMaeError when it does not */
export function required(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = tensors.get(name);
  if (!tensor)
    throw new UmMaeError('parity', `Expected a tensor \`${name}\` but the case has none.`);
  return tensor;
}
