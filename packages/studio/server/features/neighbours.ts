/** Images whose features are alike, as `um-mae similar` compares them. */
import type { SimilarImage } from '../../shared/protocol.js';

interface Rows {
  /** [images, channels] */
  readonly values: Float32Array;
  readonly channels: number;
}

/**
 * Cosine similarity of standardised features.
 *
 * @returns the most similar images, without the image itself
 */
export function similarTo(
  image: number,
  { values, channels }: Rows,
  count: number,
): SimilarImage[] {
  const images = values.length / channels;
  const { mean, scale } = statistics(values, channels);
  const own = Array.from(
    { length: channels },
    (_, c) => ((values[image * channels + c] ?? 0) - (mean[c] ?? 0)) * (scale[c] ?? 0),
  );
  const length = Math.hypot(...own);
  const found: SimilarImage[] = [];
  for (let other = 0; other < images; other++) {
    if (other === image) continue;
    let [product, square] = [0, 0];
    for (let c = 0; c < channels; c++) {
      const x = ((values[other * channels + c] ?? 0) - (mean[c] ?? 0)) * (scale[c] ?? 0);
      product += x * (own[c] ?? 0);
      square += x * x;
    }
    const lengths = length * Math.sqrt(square);
    found.push({ image: other, similarity: lengths > 0 ? product / lengths : 0 });
  }
  return found.sort((a, b) => b.similarity - a.similarity).slice(0, count);
}

/** Computes mean and scale of each channel; channels that never change count for nothing. */
function statistics(values: Float32Array, channels: number) {
  const images = Math.max(1, values.length / channels);
  const mean = new Float64Array(channels);
  const square = new Float64Array(channels);
  for (const [i, value] of values.entries()) mean[i % channels] = (mean[i % channels] ?? 0) + value;
  for (const [c, sum] of mean.entries()) mean[c] = sum / images;
  for (const [i, value] of values.entries()) {
    const c = i % channels;
    square[c] = (square[c] ?? 0) + (value - (mean[c] ?? 0)) ** 2;
  }
  const scale = square.map((sum) => {
    const deviation = Math.sqrt(sum / images);
    return deviation > 1e-6 ? 1 / deviation : 0;
  });
  return { mean, scale };
}
