/**
 * `um-mae/reports`: what commands print with `--json`, for programs that run them. Loads no
 * libtorch.
 *
 * @module um-mae/reports
 */
import { z } from 'zod';
import { featureOrigin } from './features/feature-file/feature-table.js';

const neighbour = z
  .object({
    path: z.string(),
    /** Cosine of the angle between the standardised features: 1 for the same image. */
    similarity: z.number(),
    /** The number of its class; null where none is known. */
    label: z.int().nonnegative().nullable(),
  })
  .readonly();

/** The JSON output of `um-mae similar`. */
export const similarReport = z
  .object({
    /** The image whose like were looked for. */
    image: z.string(),
    /** Images of the index, the most similar one first; without the file of the image itself. */
    neighbours: z.array(neighbour).readonly(),
    /** The encoder and settings of the index. */
    origin: featureOrigin,
    /** The picture that was drawn, where one was wanted. */
    out: z.string().optional(),
  })
  .readonly();

export type SimilarReport = z.output<typeof similarReport>;

const stagePicture = z
  .object({
    /** Name of a file in the folder. */
    file: z.string(),
    /** The stage of the backbone, counted from 0. */
    stage: z.int().nonnegative(),
    kind: z.enum(['features', 'attention']),
    rows: z.int().positive(),
    columns: z.int().positive(),
    /**
     * The range of the picture. For attention: the least and the most, where 1 is even. For
     * features: 0, and the share of the variance that is shown.
     */
    range: z.tuple([z.number(), z.number()]).readonly(),
  })
  .readonly();

/** The JSON output of `um-mae maps`. */
export const mapsReport = z
  .object({
    /** The folder of the pictures. */
    out: z.string(),
    /** Name of the picture that shows the image as the backbone sees it. */
    input: z.string(),
    files: z.array(stagePicture).readonly(),
  })
  .readonly();

export type MapsReport = z.output<typeof mapsReport>;
