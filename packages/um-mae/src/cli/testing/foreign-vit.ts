/** A small ViT with LayerScale and registers, and its weights as other programs write them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Generator, randn, type Tensor, tensor } from '@um-mae/torch';
import { type Picklable, writeSafetensors, writeTorchFile } from '@um-mae/torch/serialization';
import sharp from 'sharp';
import { vit } from '../../backbones/testing/small-backbones.js';
import { Vit } from '../../backbones/vit/vit.js';
import { temporaryFolder } from './command-line.js';

/** Tensors by their names. */
export type State = ReadonlyMap<string, Tensor>;

const generator = new Generator(1);

export const image = { height: 32, width: 32 };
export const options = { ...vit, epsilon: 1e-6, layerScale: 0.1, registers: 2 };

/** All of its weights are drawn. */
export const state: State = new Map(
  [...new Vit(options, image, { generator }).state()].map(([name, { shape }]) => [
    name,
    randn(shape, { generator }).mul(0.3),
  ]),
);

/** The same names with other values. */
export const other: State = new Map([...state].map(([name, value]) => [name, value.mul(0.5)]));

/** A weight that no model has. */
export const one = tensor([1, 2]);

export function withNames(...names: readonly string[]): State {
  return new Map([...state, ...names.map((name) => [name, one] as const)]);
}

export function under(prefix: string, tensors = state): State {
  return new Map([...tensors].map(([name, value]) => [prefix + name, value]));
}

/** The same values under names that `rename` makes. */
export function renamed(rename: (name: string) => string): State {
  return new Map([...state].map(([name, value]) => [rename(name), value]));
}

/** timm's names: registers are `reg_token`, and positions have no row for the class token. */
export function timm(): State {
  const positions = state.get('pos_embed');
  const classToken = state.get('cls_token');
  if (!positions || !classToken) throw new TypeError('no positions');
  const named = [...state].map(
    ([name, value]) => [name === 'register_tokens' ? 'reg_token' : name, value] as const,
  );
  return new Map(named)
    .set('cls_token', classToken.add(positions.narrow(1, 0, 1)))
    .set('pos_embed', positions.slice({ dim: 1, start: 1 }));
}

/** Hugging Face's names of a DINOv2 with registers. */
export function huggingFace(): State {
  const named = new Map<string, Tensor>();
  for (const [name, value] of state) {
    const [, block, part = ''] = /^blocks\.(\d+)\.(.*)$/.exec(name) ?? [];
    if (block === undefined) {
      const start = name
        .replace('patch_embed.proj', 'embeddings.patch_embeddings.projection')
        .replace(/^norm/, 'layernorm')
        .replace('pos_embed', 'embeddings.position_embeddings');
      named.set(/token/.test(name) ? `embeddings.${name}` : start, value);
      continue;
    }
    const layer = `encoder.layer.${block}.`;
    const [qkv, kind = ''] = part.split('qkv.');
    if (qkv !== part) {
      for (const [i, key] of ['query', 'key', 'value'].entries()) {
        named.set(`${layer}attention.attention.${key}.${kind}`, value.chunk(3)[i] ?? value);
      }
      continue;
    }
    named.set(
      layer +
        part
          .replace('attn.proj', 'attention.output.dense')
          .replace(/^ls(\d)\.gamma/, 'layer_scale$1.lambda1'),
      value,
    );
  }
  return named;
}

/** A folder of weights that goes when the test file has ended. */
export class WeightsFolder {
  readonly path = temporaryFolder();

  at(name: string): string {
    return join(this.path, name);
  }

  /** Writes weights in the form that the ending of the name says. */
  write(name: string, content: Picklable | State): string {
    const path = this.at(name);
    mkdirSync(dirname(path), { recursive: true });
    if (content instanceof Map && /safetensors|weights$/.test(name))
      writeSafetensors(path, content);
    else writeTorchFile(path, content);
    return path;
  }

  /** Says what weights of so small a model leave open, in a file beside them. */
  say(
    folder: string,
    said: object = { num_attention_heads: vit.heads },
    file = 'config.json',
  ): void {
    mkdirSync(this.at(folder), { recursive: true });
    writeFileSync(this.at(join(folder, file)), JSON.stringify(said));
  }

  /** A picture of 40 x 40 pixels. */
  async picture(): Promise<string> {
    const path = this.at('picture.png');
    const pixels = Buffer.from(Array.from({ length: 40 * 40 * 3 }, (_, i) => (i * 37 + 11) % 251));
    await sharp(pixels, { raw: { width: 40, height: 40, channels: 3 } }).toFile(path);
    return path;
  }
}
