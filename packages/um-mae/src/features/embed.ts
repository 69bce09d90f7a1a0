/** Pooled features of every image of a set, in a file. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  collectParts,
  type PartOptions,
  type ProcessGroup,
  partOf,
} from '../data/loading/in-parts.js';
import type { SkippedImage } from '../data/loading/unreadable.js';
import { smallPicture } from '../data/small-picture.js';
import type { ImageSet } from '../data/sources/image-set.js';
import { type OpenedImages, openImages } from '../data/sources/open-images.js';
import { ImageReader } from '../data/sources/read-image.js';
import type { Remark } from '../data/sources/remarks.js';
import { DataError } from '../errors.js';
import { PartSpools } from './cache/part-spools.js';
import type { FeatureBatch } from './extract-features.js';
import { occupied, writeFeatures } from './feature-file/feature-file.js';
import { writeGallery } from './feature-file/gallery.js';
import type { ExtractOptions, FrozenBackbone, Preparation } from './frozen-backbone.js';
import { principalComponents } from './principal-components.js';

export interface EmbedOptions extends ExtractOptions {
  /** A `.parquet`, `.npy` or `.safetensors` file. */
  readonly out: string;
  /** Whether `out` may exist. Default false. */
  readonly overwrite?: boolean | undefined;
  /**
   * Whether principal components and small pictures are written beside the features, for the
   * studio. Default false.
   */
  readonly gallery?: boolean | undefined;
}

export interface EmbedReport extends Preparation {
  readonly out: string;
  /** Images in the file. */
  readonly images: number;
  readonly skipped: readonly SkippedImage[];
  /** Notes on things passed over, and on the reading of the sources. */
  readonly remarks: readonly Remark[];
}

/**
 * Memory holds a batch, and the names of the images. The file appears when it is complete.
 *
 * @param inputs as in `openImages`
 * @returns of several processes, in the one that leads, which writes; in the others nothing
 * @throws DataError when there are no images, or a file is in the way
 * @throws UmMaeError when there is no such stage, the view does not fit the image size, or
 *   processes differ in weights, images or options
 *
 * @example
 * ```ts
 * import { embed, load } from 'um-mae';
 *
 * using backbone = await load('runs/photos');
 * const { images, channels } = await embed(backbone, ['photos'], { out: 'photos.safetensors' });
 * console.log(`${images} images, ${channels} numbers each`);
 * ```
 */
export async function embed(
  frozen: FrozenBackbone,
  inputs: readonly string[],
  options: EmbedOptions & { readonly team: ProcessGroup | undefined },
): Promise<EmbedReport | undefined>;
export async function embed(
  frozen: FrozenBackbone,
  inputs: readonly string[],
  options: EmbedOptions,
): Promise<EmbedReport>;
export async function embed(
  frozen: FrozenBackbone,
  inputs: readonly string[],
  options: EmbedOptions & PartOptions,
): Promise<EmbedReport | undefined> {
  const { out, overwrite = false, gallery = false, team } = options;
  const preparation = frozen.prepare(options);
  const leads = team?.leads !== false;
  if (leads) refuseOccupied(out, overwrite);
  const { images, labelOf, classes, remarks } = withSeveralClasses(
    await openImages(inputs, { ...options, labelled: true }),
  );
  await team?.agreeOn({ ...frozen.facts(options), gallery });
  await team?.agreeOnImages(images);
  using spools = leads ? new PartSpools(`${out}.rows.partial`, preparation.channels) : undefined;
  const batches: Omit<FeatureBatch, 'rows'>[] = [];
  for await (const { rows, ...batch } of frozen.batches(images, options)) {
    spools?.append(batch.part, rows);
    batches.push(batch);
  }
  batches.sort((a, b) => a.part - b.part);
  const paths = batches.flatMap((batch) => batch.paths);
  const indices = batches.flatMap((batch) => batch.indices);
  const skipped = batches.flatMap((batch) => batch.skipped);
  if (spools && paths.length === 0) throw noneReadable(skipped);
  const pictures = gallery ? await smallPictures(images, indices, options) : [];
  if (!spools) return undefined;
  const { image, stages, pooling, view } = preparation;
  const origin = {
    weights: frozen.weights,
    source: resolve(frozen.path),
    image,
    stages: [...stages],
    pooling,
    view,
    classes: [...classes],
  };
  const labels = indices.map((index) => labelOf(index) ?? null);
  const table = { origin, paths, labels };
  const rows = spools.join();
  if (gallery) {
    const parts = { ...principalComponents(rows, galleryComponents), pictures };
    writeGallery(out, table, { rows, parts });
  } else await writeFeatures(out, table, rows);
  return { ...preparation, out, images: paths.length, skipped, remarks };
}

/** Returns images of one class as images of none, which tells them as little apart. */
function withSeveralClasses(opened: OpenedImages): OpenedImages {
  return opened.classes.length === 1
    ? { ...opened, classes: [], labelOf: () => undefined }
    : opened;
}

/** The number of components that is usual before UMAP. */
const galleryComponents = 50;
/** Longer side, in pixels. */
const pictureSide = 64;

/** @param rows the images, known in the process that leads */
async function smallPictures(
  images: ImageSet,
  rows: readonly number[],
  options: PartOptions,
): Promise<Uint8Array[]> {
  const all = options.team ? await options.team.gather(rows) : rows;
  return collectParts(ownPictures(images, all, options), options);
}

/** Pictures of this process; those that can no longer be read are empty. */
async function* ownPictures(
  images: ImageSet,
  rows: readonly number[],
  { team }: PartOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new ImageReader();
  const { start, end } = partOf(rows.length, team);
  // One after the other: a photo takes tens of megabytes until it is small.
  for (const index of rows.slice(start, end)) {
    const picture = await smallPicture({ images, index, reader, side: pictureSide });
    yield picture ?? new Uint8Array();
  }
}

function refuseOccupied(out: string, overwrite: boolean): void {
  const inTheWay = occupied(out);
  if (inTheWay === undefined) return;
  const isFolder = statSync(inTheWay).isDirectory();
  if (overwrite && !isFolder) return;
  throw new DataError(
    `Expected nothing at ${inTheWay} yet but got a ${isFolder ? 'folder' : 'file'}.\n${isFolder ? 'Choose' : 'Add --overwrite to replace it, or choose'} another --out.`,
  );
}

function noneReadable(skipped: readonly SkippedImage[]): DataError {
  const [first] = skipped;
  return new DataError(
    `Expected images that can be read but got ${skipped.length} that cannot; ${first?.path} is ${first?.reason}.`,
  );
}
