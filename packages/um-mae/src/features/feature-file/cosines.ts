/**
 * `um-mae/cosines`: cosines between standardised features, in plain numbers, for the program, the
 * studio and browsers.
 *
 * @module um-mae/cosines
 */

/** The features of several images. */
export interface FeatureMatrix {
  /** [images, channels] */
  readonly values: Float32Array;
  readonly channels: number;
}

/** Channels that deviate less are constant. */
const smallest = 1e-6;

/**
 * The cosine of the angle between the features of one image and those of each of several, all
 * standardised by the mean and deviation of the several: channels of pre-trained backbones lie on
 * very different scales. A channel that is constant counts for nothing, whatever the one image has
 * there. Where all are constant, features are compared as they are.
 *
 * @param query [channels]
 * @returns [images]; 0 where nothing is left of the features of one of the two
 *
 * @example
 * ```ts
 * import { cosines, largest } from 'um-mae/cosines';
 *
 * const values = Float32Array.of(1, 0, 0, 1, 1, 1);
 * const found = cosines(Float32Array.of(2, 0), { values, channels: 2 });
 * console.log(largest(found, 1)); // [ 0 ]
 * ```
 */
export function cosines(query: Float32Array, { values, channels }: FeatureMatrix): Float64Array {
  const { mean, scale } = standardisation({ values, channels });
  const standardised = (value: number, channel: number) =>
    (value - (mean[channel] as number)) * (scale[channel] as number);
  const direction = Float64Array.from(query, standardised);
  const length = Math.hypot(...direction);
  return Float64Array.from({ length: values.length / channels }, (_, row) => {
    let [product, square] = [0, 0];
    for (let channel = 0; channel < channels; channel++) {
      const x = standardised(values[row * channels + channel] as number, channel);
      product += x * (direction[channel] as number);
      square += x * x;
    }
    const lengths = length * Math.sqrt(square);
    return lengths > 0 ? product / lengths : 0;
  });
}

/**
 * The places of the `count` largest numbers, the largest first.
 *
 * @example
 * ```ts
 * import { largest } from 'um-mae/cosines';
 *
 * console.log(largest(Float64Array.of(0.1, 0.9, 0.5), 2)); // [ 1, 2 ]
 * ```
 */
export function largest(numbers: Float64Array, count: number): number[] {
  const places = Array.from(numbers, (number, place) => ({ number, place }));
  places.sort((a, b) => b.number - a.number);
  return places.slice(0, count).map(({ place }) => place);
}

/**
 * Mean of each channel, and the factor that brings its deviation to 1, or 0 where it is constant.
 */
function standardisation({ values, channels }: FeatureMatrix) {
  const images = values.length / channels;
  const mean = new Float64Array(channels);
  const scale = new Float64Array(channels);
  for (let i = 0; i < values.length; i++) {
    const channel = i % channels;
    mean[channel] = (mean[channel] as number) + (values[i] as number) / images;
  }
  for (let i = 0; i < values.length; i++) {
    const channel = i % channels;
    const distance = (values[i] as number) - (mean[channel] as number);
    scale[channel] = (scale[channel] as number) + distance ** 2 / images;
  }
  if (!scale.some((variance) => variance > smallest ** 2))
    return { mean: mean.fill(0), scale: scale.fill(1) };
  return {
    mean,
    scale: scale.map((variance) => (variance > smallest ** 2 ? variance ** -0.5 : 0)),
  };
}
