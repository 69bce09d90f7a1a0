/** The description that an exported detector has in the metadata of its graph. */
import * as z from 'zod';
import { UmMaeError } from '../../errors.js';

const count = z.int().min(1);
const share = z.number().min(0).max(1);

const shared = {
  /** Anchors of each level, from the finest to the coarsest. */
  places: z.array(count).min(1).readonly(),
  /** Scores of objects are greater. */
  leastScore: share,
  /** Overlap from which on boxes of a class suppress each other. */
  overlap: share,
  /** The way in which they lower scores instead; there where the detector does. */
  soft: z
    .object({ decay: z.enum(['linear', 'gaussian']), sigma: z.number().positive(), least: share })
    .optional(),
  /** Objects of a picture. */
  most: count,
};

export const detectorUse = z.discriminatedUnion('stages', [
  z.object({
    ...shared,
    stages: z.literal(1),
    /** Scores of each level that are looked at. */
    mostOfLevel: count,
  }),
  z.object({
    ...shared,
    stages: z.literal(2),
    /** Pixels of the input to a place of each level that regions are read from. */
    strides: z.array(count).min(1).readonly(),
    proposals: z.object({ mostOfLevel: count, most: count, overlap: share }),
    /** Stages that boxes pass, each with a graph of its own. */
    boxStages: z.int().min(1).max(3).default(1),
    /** Whether a further graph tells outlines. */
    hasMasks: z.boolean(),
  }),
]);

/** The way in which objects are made of what the graphs of a detector give. */
export type DetectorUse = z.output<typeof detectorUse>;

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'no JSON' });
    return z.NEVER;
  }
});

const numbers = json.pipe(z.tuple([z.number(), z.number(), z.number()]).readonly());

const settings = z.object({
  height: z.coerce.number().pipe(count),
  width: z.coerce.number().pipe(count),
  interpolation: z.enum(['bicubic', 'bilinear']),
  mean: numbers,
  deviation: numbers,
  classes: json.pipe(z.array(z.string()).min(1).readonly()),
  detector: json.pipe(detectorUse),
});

/** A detector's input, its classes and its use. */
export type DetectorSettings = z.output<typeof settings>;

/**
 * @param metadata the `metadata_props` of the first graph
 * @throws UmMaeError when they are not those of an exported detector
 *
 * @example
 * ```ts
 * import { detectorSettings } from 'um-mae/detect';
 *
 * const settings = detectorSettings({
 *   height: '64',
 *   width: '64',
 *   interpolation: 'bilinear',
 *   mean: '[0.5, 0.5, 0.5]',
 *   deviation: '[0.2, 0.2, 0.2]',
 *   classes: '["nucleus"]',
 *   detector: JSON.stringify({
 *     stages: 1,
 *     mostOfLevel: 1000,
 *     places: [64, 16],
 *     leastScore: 0.05,
 *     overlap: 0.6,
 *     most: 100,
 *   }),
 * });
 * console.log(settings.classes); // [ 'nucleus' ]
 * ```
 */
export function detectorSettings(metadata: Readonly<Record<string, string>>): DetectorSettings {
  const { data, error } = settings.safeParse(metadata);
  if (data) return data;
  throw new UmMaeError(
    'detector',
    `Expected a detector that \`um-mae export\` wrote but got another \`${String(error.issues[0]?.path[0] ?? 'detector')}\` in its metadata.`,
    { cause: error },
  );
}
