/**
 * Backbones of other programs. Recipes and checkpoints record their shape and values as those of
 * any family; the program that has the network gives it to `pretrain` and to `load`.
 */
import { z } from 'zod';
import type { Backbone, BackboneParts, ImageSize } from './backbone.js';
import type { BackboneFamily, BackboneShape } from './family.js';

const count = z.int().positive();

const perStage = z.array(count).min(1).readonly();

/** None has a description, and so a line in `--help`: a program writes them. */
const options = z.strictObject({
  kind: z.literal('own'),
  name: z.string().min(1),
  patch: count,
  channels: perStage,
  strides: perStage,
  unit: count,
  unitsPerToken: count,
  epsilon: z.number().positive(),
  hasClassToken: z.boolean(),
  needsGrid: z.boolean(),
  compactIssue: z.string().optional(),
  values: z.record(z.string(), z.unknown()).default({}),
});

/** Options of a backbone of another program. */
export type OwnOptions = z.output<typeof options>;

/** The family of all backbones of other programs. */
export const own = {
  kind: 'own',
  options,
  presets: {},
  shape: ({ kind: _, name: __, values: ___, ...shape }) => shape,
  infer: () => undefined,
  // Only its program could count them.
  arithmetic: () => ({
    patchEmbedding: 0,
    attentionProjections: 0,
    attentionProducts: 0,
    mlp: 0,
    downsample: 0,
  }),
} as const satisfies BackboneFamily<OwnOptions>;

/** A backbone that a program brings, with all that recipes record of it. */
export interface OwnBackbone {
  /** The name that recipes record, by which a checkpoint asks for it again. */
  readonly name: string;
  /** The shape of its maps; `pyramidShape` makes that of a pyramid. */
  readonly shape: BackboneShape;
  /** Values that decide its network, such as a depth, for the record. Default: none. */
  readonly values?: Readonly<Record<string, unknown>> | undefined;
  /** Builds the network for images of a size, with weights drawn from `parts.generator`. */
  build(image: ImageSize, parts: BackboneParts): Backbone;
}

/** Returns the options that recipes record of a backbone of another program. */
export function ownOptions({ name, shape, values = {} }: OwnBackbone): OwnOptions {
  return options.parse({ ...shape, kind: 'own', name, values });
}
