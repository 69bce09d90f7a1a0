/** Pooled features of every image of a set, in a file. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SkippedImage } from '../data/loading/unreadable.js';
import { smallPicture } from '../data/small-picture.js';
import type { ImageSet } from '../data/sources/image-set.js';
import { openImages } from '../data/sources/open-images.js';
import { ImageReader } from '../data/sources/read-image.js';
import type { Remark } from '../data/sources/remarks.js';
import { DataError } from '../errors.js';
import { RowSpool } from './cache/row-spool.js';
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
 * @throws DataError when there are no images, or a file is in the way
 * @throws UmMaeError when there is no such stage, or the view does not fit the image size
 */
export async function embed(
  frozen: FrozenBackbone,
  inputs: readonly string[],
  options: EmbedOptions,
): Promise<EmbedReport> {
  const { out, overwrite = false, gallery = false } = options;
  const preparation = frozen.prepare(options);
  refuseOccupied(out, overwrite);
  const { images, labelOf, classes, remarks } = await openImages(inputs, {
    ...options,
    labelled: true,
  });
  using spool = new RowSpool(`${out}.rows.partial`, preparation.channels);
  const paths: string[] = [];
  const labels: (number | null)[] = [];
  const rows: number[] = [];
  const skipped: SkippedImage[] = [];
  for await (const batch of frozen.batches(images, options)) {
    spool.append(batch.rows);
    paths.push(...batch.paths);
    rows.push(...batch.indices);
    labels.push(...batch.indices.map((index) => labelOf(index) ?? null));
    skipped.push(...batch.skipped);
  }
  if (paths.length === 0) throw noneReadable(skipped);
  const { image, stages, view } = preparation;
  const origin = {
    weights: frozen.weights,
    source: resolve(frozen.path),
    image,
    stages: [...stages],
    view,
    classes: [...classes],
  };
  const table = { origin, paths, labels };
  if (gallery) {
    const pictures = await picturesOf(images, rows);
    const parts = { ...principalComponents(spool, galleryComponents), pictures };
    writeGallery(out, table, { rows: spool, parts });
  } else await writeFeatures(out, table, spool);
  return { ...preparation, out, images: paths.length, skipped, remarks };
}

/** The number of components that is usual before UMAP. */
const galleryComponents = 50;
/** Longer side, in pixels. */
const pictureSide = 64;

/** Those that can no longer be read are empty. */
async function picturesOf(images: ImageSet, rows: readonly number[]): Promise<Uint8Array[]> {
  const reader = new ImageReader();
  const pictures: Uint8Array[] = [];
  // One after the other: a photo takes tens of megabytes until it is small.
  for (const index of rows) {
    const picture = await smallPicture({ images, index, reader, side: pictureSide });
    pictures.push(picture ?? new Uint8Array());
  }
  return pictures;
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
