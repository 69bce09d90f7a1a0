/** The contents of a JSON file in COCO's format, item by item. */
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { DataError } from '../../../../errors.js';
import { withFileErrors } from '../../../../file-errors.js';

/** Longer texts do not fit a string of JavaScript. */
const largestBytes = 500e6;

const image = z.object({
  id: z.number(),
  file_name: z.string().min(1),
  width: z.number().int().positive().optional(),
  height: z.number().int().positive().optional(),
});

const annotation = z.object({
  id: z.number().optional(),
  image_id: z.number(),
  category_id: z.number(),
  bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]).nullish(),
  area: z.number().nullish(),
  iscrowd: z.union([z.number(), z.boolean()]).nullish(),
  ignore: z.union([z.number(), z.boolean()]).nullish(),
  segmentation: z.unknown(),
});

const category = z.object({ id: z.number(), name: z.string().min(1) });

/** An image of a file. */
export type CocoImage = z.output<typeof image>;

/** An object of a file. */
export type CocoAnnotation = z.output<typeof annotation>;

/** A class of a file. */
export type CocoCategory = z.output<typeof category>;

/** A file of annotations, as it is. */
export interface CocoFile {
  readonly images: readonly CocoImage[];
  readonly categories: readonly CocoCategory[];
  readonly annotations: readonly CocoAnnotation[];
}

/**
 * Reads JSON of any kind.
 *
 * @throws DataError when the file is too large, cannot be read, or is no JSON
 */
export async function readJson(path: string): Promise<unknown> {
  const access = { verb: 'read', path, as: DataError } as const;
  const { size } = await withFileErrors(access, () => stat(path));
  if (size > largestBytes) {
    throw new DataError(
      `Expected annotations of at most ${largestBytes / 1e6} MB in ${path} but got ${Math.round(size / 1e6)} MB.\n` +
        'Divide the file into one for each part of the images.',
    );
  }
  const text = await withFileErrors(access, () => readFile(path, 'utf8'));
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : '';
    throw new DataError(`Expected JSON in ${path} but got what cannot be read (${reason}).`, {
      cause,
    });
  }
}

/** Whether JSON is of COCO's format, at a glance. */
export function isCoco(json: unknown): json is Record<string, unknown> {
  if (typeof json !== 'object' || json === null) return false;
  return ['images', 'annotations', 'categories'].every((key) => key in json);
}

/** @throws DataError naming the first value that is not as COCO's format has it */
export function cocoFile(json: Record<string, unknown>, path: string): CocoFile {
  return {
    images: items(json, 'images', image, path),
    categories: items(json, 'categories', category, path),
    annotations: items(json, 'annotations', annotation, path),
  };
}

function items<Schema extends z.ZodType>(
  json: Record<string, unknown>,
  key: string,
  schema: Schema,
  path: string,
): z.output<Schema>[] {
  const list = json[key];
  if (!Array.isArray(list)) {
    throw new DataError(`Expected a list \`${key}\` in ${path} but got ${typeof list}.`);
  }
  return list.map((item, index) => {
    const { success, data, error } = schema.safeParse(item);
    if (success) return data;
    const [issue] = error.issues;
    const place = [`${key}[${index}]`, ...(issue?.path ?? [])].join('.');
    throw new DataError(
      `Expected COCO's format at \`${place}\` of ${path} but got: ${issue?.message ?? 'another one'}.`,
    );
  });
}
