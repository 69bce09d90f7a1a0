/** Which backbone weights belong to, by their names and shapes. */
import type { Tensor } from '@um-mae/torch';
import type { BackboneOptions } from '../backbones/build.js';
import { type BackboneName, backbonePresets } from '../backbones/presets.js';

export interface InferredBackbone {
  readonly options: BackboneOptions;
  /** The preset of this shape, if there is one; it tells what shapes do not. */
  readonly preset: BackboneName | undefined;
  /** Paths of the options that neither shapes nor a preset tell; they hold a stand-in. */
  readonly open: readonly string[];
}

/** The size of a tensor along one dimension; undefined where there is no such tensor. */
export type SizeOf = (name: string, dimension: number) => number | undefined;

export function sizesIn(tensors: ReadonlyMap<string, Tensor>): SizeOf {
  return (name, dimension) => tensors.get(name)?.shape[dimension];
}

/** How many of `<prefix>0`, `<prefix>1`, ... there are. */
export function countBlocks(size: SizeOf, prefix: string): number {
  let count = 0;
  while (size(`${prefix}${count}.norm1.weight`, 0) !== undefined) count++;
  return count;
}

/** Options that shapes tell, and stand-ins for the others. */
interface Reading {
  readonly told: Partial<BackboneOptions>;
  readonly untold: Readonly<Record<string, unknown>>;
}

/** The backbone, or nothing when these are weights of something else. */
export function inferBackbone(size: SizeOf): InferredBackbone | undefined {
  const reading = readSwin(size) ?? readPvt(size) ?? readVit(size);
  if (!reading) return undefined;
  const { told, untold } = reading;
  const named = Object.entries(backbonePresets).find(([, preset]) =>
    Object.entries(told).every(([key, value]) => sameValue(Reflect.get(preset, key), value)),
  );
  if (named) return { options: named[1], preset: named[0] as BackboneName, open: [] };
  return {
    options: { ...told, ...untold } as BackboneOptions,
    preset: undefined,
    open: Object.keys(untold).map((key) => `backbone.${key}`),
  };
}

function sameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function readSwin(size: SizeOf): Reading | undefined {
  const positionChannels = size('blocks.0.attn.posmlp.0.weight', 0);
  const { patch, channels, stages } = readCommon(size);
  if (positionChannels === undefined || !patch || !channels) return undefined;
  if (size('blocks.0.attn.qkv.weight', 1) !== channels) return undefined;
  const depths = stages.map(({ depth }) => depth);
  const heads = stages.map(({ first }) => size(`blocks.${first}.attn.posmlp.2.weight`, 0) ?? 1);
  return {
    told: { kind: 'swin', channels, depths, heads, positionChannels, patch },
    untold: { window: 8 },
  };
}

function readPvt(size: SizeOf): Reading | undefined {
  const { patch, channels: width, stages } = readCommon(size);
  if (size('blocks.0.attn.kv.weight', 1) !== width || !patch || !width) return undefined;
  const channels = stages.map(({ first }) => size(`blocks.${first}.norm1.weight`, 0) ?? 1);
  const mlpRatios = stages.map(({ first }, stage) => {
    const hidden = size(`blocks.${first}.mlp.fc1.weight`, 0) ?? 1;
    return Math.round(hidden / (channels[stage] ?? 1));
  });
  const ones = stages.map(() => 1);
  return {
    told: { kind: 'pvt', channels, depths: stages.map(({ depth }) => depth), mlpRatios, patch },
    untold: { heads: ones, reductions: ones },
  };
}

function readVit(size: SizeOf): Reading | undefined {
  const { patch, channels, stages } = readCommon(size);
  if (size('cls_token', 2) === undefined || !patch || !channels) return undefined;
  if (size('blocks.0.attn.qkv.weight', 1) !== channels || stages.length !== 1) return undefined;
  return {
    told: { kind: 'vit', channels, depth: stages[0]?.depth ?? 0, patch },
    untold: { heads: 1 },
  };
}

/** Blocks of one width; a downsampling block begins the next stage. */
interface Stage {
  readonly first: number;
  readonly depth: number;
}

function readCommon(size: SizeOf) {
  const blocks = countBlocks(size, 'blocks.');
  const firsts = Array.from({ length: blocks }, (_, i) => i).filter(
    (i) => i === 0 || size(`blocks.${i}.downsample.proj.weight`, 0) !== undefined,
  );
  const stages = firsts.map(
    (first, i): Stage => ({ first, depth: (firsts[i + 1] ?? blocks) - first }),
  );
  return {
    patch: size('patch_embed.proj.weight', 2),
    channels: size('blocks.0.norm1.weight', 0),
    stages,
  };
}
