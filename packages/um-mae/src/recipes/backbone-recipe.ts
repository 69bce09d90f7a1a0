/** The part of a recipe that says which network it is about. */
import { z } from 'zod';

const count = z.int().positive();

const swin = z
  .strictObject({
    kind: z.literal('swin').describe('swin: windows of attention'),
    channels: count.describe('channels of the first stage; every further stage has twice as many'),
    depths: z.array(count).min(1).readonly().describe('blocks of each stage'),
    heads: z.array(count).min(1).readonly().describe('attention heads of each stage'),
    window: count.describe('side of the attention window, in tokens of the compact grid'),
    positionChannels: count.describe('width of the MLP that computes the position bias'),
    patch: count.describe('side of a patch in pixels; a mask unit is patch x 2^(stages - 2)'),
  })
  .check(({ value, issues }) => {
    const { channels, depths, heads } = value;
    if (heads.length !== depths.length) {
      const message = `${depths.length} numbers, one per stage`;
      issues.push({ code: 'custom', path: ['heads'], message, input: heads });
    }
    for (const [stage, divisor] of heads.entries()) {
      const width = channels * 2 ** stage;
      const message = `a divisor of ${width}`;
      if (width % divisor === 0) continue;
      issues.push({ code: 'custom', path: ['heads', stage], message, input: divisor });
    }
  });

const pvt = z
  .strictObject({
    kind: z.literal('pvt').describe('pvt: attention to pooled keys'),
    channels: z.array(count).min(1).readonly().describe('channels of each stage'),
    depths: z.array(count).min(1).readonly().describe('blocks of each stage'),
    heads: z.array(count).min(1).readonly().describe('attention heads of each stage'),
    mlpRatios: z.array(count).min(1).readonly().describe('width of the MLPs, by stage'),
    reductions: z.array(count).min(1).readonly().describe('side of the squares that share a key'),
    patch: count.describe('side of a patch in pixels; a mask unit is patch x 2^(stages - 2)'),
  })
  .check(({ value, issues }) => {
    const { channels, depths } = value;
    for (const key of ['channels', 'heads', 'mlpRatios', 'reductions'] as const) {
      if (value[key].length === depths.length) continue;
      const message = `${depths.length} numbers, one per stage`;
      issues.push({ code: 'custom', path: [key], message, input: value[key] });
    }
    for (const [stage, divisor] of value.heads.entries()) {
      const width = channels[stage] ?? 0;
      const message = `a divisor of ${width}`;
      if (width % divisor === 0) continue;
      issues.push({ code: 'custom', path: ['heads', stage], message, input: divisor });
    }
  });

const vit = z
  .strictObject({
    kind: z.literal('vit').describe('vit: full attention, no pyramid'),
    channels: count.multipleOf(4).describe('channels of every block'),
    depth: count.describe('blocks'),
    heads: count.describe('attention heads of each block'),
    patch: count.describe('side of a patch in pixels, and of a mask unit'),
  })
  .check(({ value, issues }) => {
    const { channels, heads } = value;
    if (channels % heads === 0) return;
    const message = `a divisor of ${channels}`;
    issues.push({ code: 'custom', path: ['heads'], message, input: heads });
  });

/** A backbone of any kind. */
export const backboneRecipe = z.discriminatedUnion('kind', [swin, pvt, vit]);
