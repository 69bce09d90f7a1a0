/**
 * Cosines of features that are standardised by the mean and deviation of all images, as `um-mae
 * similar` has them.
 */
import { cosines } from 'um-mae/cosines';

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
  const chosen = known.find(({ picture }) => picture.id === id);
  if (!chosen) return [];
  const channels = chosen.values.length;
  const values = Float32Array.from(known.flatMap((each) => [...each.values]));
  const similarities = cosines(chosen.values, { values, channels });
  return known
    .map(({ picture }, row) => ({ picture, similarity: Number(similarities[row]) }))
    .filter(({ picture }) => picture.id !== id)
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, count);
}
