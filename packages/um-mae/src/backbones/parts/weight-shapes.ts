/** Infers the options of a network from the names and shapes of its weights. */
import type { Tensor } from '@um-mae/torch';
import { at } from '../../at.js';
import { mlpRatioOf } from './blocks/mlp-width.js';

/** The size of a tensor along one dimension; undefined where there is no such tensor. */
export type SizeOf = (name: string, dimension: number) => number | undefined;

/** The sizes of tensors by their names. */
export function sizesIn(tensors: ReadonlyMap<string, Tensor>): SizeOf {
  return (name, dimension) => tensors.get(name)?.shape[dimension];
}

/** Counts the blocks `<prefix>0`, `<prefix>1`, ... */
export function countBlocks(size: SizeOf, prefix: string): number {
  let count = 0;
  while (size(`${prefix}${count}.norm1.weight`, 0) !== undefined) count++;
  return count;
}

/**
 * Infers the ratio of hidden channels to channels in the MLPs of `blocks`, or 4 where there are
 * none.
 */
export function mlpRatioIn(size: SizeOf, ...blocks: readonly string[]): number {
  const widths = blocks.flatMap((block) => {
    const hidden = size(`${block}.mlp.fc1.weight`, 0);
    const channels = size(`${block}.mlp.fc1.weight`, 1);
    return hidden && channels ? { hidden, channels } : [];
  });
  return widths.length > 0 ? mlpRatioOf(widths) : 4;
}

/** Blocks of one width; a block that downsamples begins the next stage. */
export interface StageBlocks {
  /** The index of the first block. */
  readonly first: number;
  /** The number of blocks. */
  readonly depth: number;
}

/** The options that all families share. */
export interface EncoderShapes {
  readonly patch: number;
  /** Channels of the first stage. */
  readonly channels: number;
  readonly stages: readonly StageBlocks[];
}

/** Reads patch, channels and stages; undefined for weights of something else than an encoder. */
export function encoderShapes(size: SizeOf): EncoderShapes | undefined {
  const patch = size('patch_embed.proj.weight', 2);
  const channels = size('blocks.0.norm1.weight', 0);
  if (!patch || !channels) return undefined;
  const blocks = countBlocks(size, 'blocks.');
  const firsts = Array.from({ length: blocks }, (_, i) => i).filter(
    (i) => i === 0 || size(`blocks.${i}.downsample.proj.weight`, 0) !== undefined,
  );
  const ends = [...firsts.slice(1), blocks];
  const stages = firsts.map((first, i) => ({ first, depth: at(ends, i) - first }));
  return { patch, channels, stages };
}
