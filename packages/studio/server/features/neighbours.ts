/** Images whose features are alike, as `um-mae similar` compares them. */
import { cosines, type FeatureMatrix, largest } from 'um-mae/cosines';
import type { SimilarImage } from '../../shared/protocol/features.js';

/**
 * Cosine similarity of standardised features.
 *
 * @returns the most similar images, without the image itself
 */
export function similarTo(image: number, rows: FeatureMatrix, count: number): SimilarImage[] {
  const { values, channels } = rows;
  const similarities = cosines(values.subarray(image * channels, (image + 1) * channels), rows);
  return largest(similarities, count + 1)
    .filter((other) => other !== image)
    .slice(0, count)
    .map((other) => ({ image: other, similarity: Number(similarities[other]) }));
}
