/**
 * Cosines of features that are standardised by the mean and deviation of all images, as `um-mae
 * similar` has them: channels of pre-trained backbones lie on very different scales.
 */

interface PictureFeatures {
  readonly id: number;
  readonly result?: { readonly values: Float32Array } | undefined;
}

export interface Neighbour<Picture> {
  readonly picture: Picture;
  /** Cosine of the angle between the features, both standardised. */
  readonly similarity: number;
}

/**
 * The pictures that are most like another one of them, the most similar first.
 *
 * @param id of that picture; nothing is like one that is not there
 */
export function nearest<Picture extends PictureFeatures>(
  pictures: readonly Picture[],
  id: number,
  count: number,
): Neighbour<Picture>[] {
  const known = pictures.flatMap((picture) =>
    picture.result ? [{ picture, values: picture.result.values }] : [],
  );
  const place = known.findIndex(({ picture }) => picture.id === id);
  const features = known.map(({ values }) => values);
  const cosines = similarities(features, place);
  return known
    .map(({ picture }, row) => ({ picture, similarity: cosines[row] ?? 0 }))
    .filter(({ picture }) => place >= 0 && picture.id !== id)
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, count);
}

/** The smallest deviation that features are divided by. */
const smallest = 1e-6;

/**
 * Images that are all alike have raw features: standardised ones would be 0.
 *
 * @param features of every image, `[channels]` each
 * @param chosen the place of one of them
 * @returns the cosine of every image with the chosen one
 */
function similarities(features: readonly Float32Array[], chosen: number): number[] {
  const directions = standardised(features).map(toUnitLength);
  const direction = directions[chosen];
  return direction ? directions.map((other) => dot(direction, other)) : [];
}

function standardised(features: readonly Float32Array[]): Float64Array[] {
  const rows = features.map((row) => Float64Array.from(row));
  const mean = meanOf(rows);
  const centred = rows.map((row) => row.map((value, channel) => value - (mean[channel] ?? 0)));
  const variance = meanOf(centred.map((row) => row.map((value) => value ** 2)));
  if (!variance.some((value) => value > smallest ** 2)) return rows;
  const deviation = variance.map((value) => Math.max(smallest, Math.sqrt(value)));
  return centred.map((row) => row.map((value, channel) => value / (deviation[channel] ?? 1)));
}

/** Computes the mean of each channel. */
function meanOf(rows: readonly Float64Array[]): Float64Array {
  const mean = new Float64Array(rows[0]?.length ?? 0);
  for (const row of rows) {
    for (let channel = 0; channel < mean.length; channel++) {
      mean[channel] = (mean[channel] ?? 0) + (row[channel] ?? 0) / rows.length;
    }
  }
  return mean;
}

function toUnitLength(row: Float64Array): Float64Array {
  const length = Math.max(1e-12, Math.sqrt(dot(row, row)));
  return row.map((value) => value / length);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, channel) => sum + value * (b[channel] ?? 0), 0);
}
