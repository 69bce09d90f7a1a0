/** COCO's JSON files, as far as the evaluation needs them. */
import { z } from 'zod';
import { UmMaeError } from '../../errors.js';
import { polygonMask } from '../run-lengths/polygon.js';
import type { MaskSize, RunLengths } from '../run-lengths/run-lengths.js';
import { parseRunLengths, runLengths } from '../run-lengths/text.js';
import type { FoundObject, TrueObject } from './objects.js';

const box = z.tuple([z.number(), z.number(), z.number(), z.number()]);

const runs = z.object({
  size: z.tuple([z.number(), z.number()]),
  counts: z.union([z.string(), z.array(z.number())]),
});

const segmentation = z.union([runs, z.array(z.array(z.number()))]);

const annotationFile = z.object({
  images: z.array(z.object({ id: z.number(), height: z.number(), width: z.number() })),
  categories: z.array(z.object({ id: z.number(), name: z.string() })),
  annotations: z.array(
    z.object({
      id: z.number(),
      image_id: z.number(),
      category_id: z.number(),
      bbox: box,
      area: z.number(),
      iscrowd: z.number().default(0),
      segmentation: segmentation.optional(),
    }),
  ),
});

const resultFile = z.array(
  z.object({
    image_id: z.number(),
    category_id: z.number(),
    score: z.number(),
    bbox: box.optional(),
    segmentation: runs.optional(),
  }),
);

/** The contents of a file of annotations. */
export interface CocoObjects {
  readonly images: readonly number[];
  readonly categories: readonly { readonly id: number; readonly name: string }[];
  readonly objects: readonly TrueObject[];
}

/**
 * @param json the parsed file
 * @param options.masks whether polygons and run lengths become masks
 * @throws ZodError when it is no file of annotations; UmMaeError when a mask is of another size
 */
export function cocoObjects(json: unknown, { masks }: { readonly masks: boolean }): CocoObjects {
  const { images, categories, annotations } = annotationFile.parse(json);
  const sizes = new Map(images.map(({ id, height, width }) => [id, { height, width }]));
  const objects = annotations.map((annotation): TrueObject => {
    const size = sizes.get(annotation.image_id);
    const { segmentation: outline } = annotation;
    return {
      image: annotation.image_id,
      category: annotation.category_id,
      id: annotation.id,
      area: annotation.area,
      isCrowd: annotation.iscrowd !== 0,
      box: annotation.bbox,
      mask: masks && outline && size ? maskOf(outline, size) : undefined,
    };
  });
  return { images: images.map(({ id }) => id), categories, objects };
}

/**
 * @param json the parsed file of results
 * @throws ZodError when it is none; UmMaeError when run lengths do not fit their size
 */
export function cocoResults(json: unknown): readonly FoundObject[] {
  return resultFile.parse(json).map((result) => ({
    image: result.image_id,
    category: result.category_id,
    score: result.score,
    box: result.bbox,
    mask: result.segmentation && maskOf(result.segmentation, sizeOf(result.segmentation)),
  }));
}

function sizeOf({ size: [height, width] }: z.infer<typeof runs>): MaskSize {
  return { height, width };
}

function maskOf(outline: z.infer<typeof segmentation>, size: MaskSize): RunLengths {
  if (!('counts' in outline)) return polygonMask(outline, size);
  const own = sizeOf(outline);
  if (own.height !== size.height || own.width !== size.width) {
    throw new UmMaeError(
      'coco',
      `Expected a mask of ${size.height} x ${size.width} pixels but got ${own.height} x ${own.width}.`,
    );
  }
  const { counts } = outline;
  return typeof counts === 'string' ? parseRunLengths(counts, size) : runLengths(counts, size);
}
