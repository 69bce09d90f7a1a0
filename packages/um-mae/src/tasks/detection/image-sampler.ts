/** The draws of anchors and regions, for each image of a batch by itself. */
import { Generator, randint } from '@um-mae/torch';
import { randomSampler, type Sampler } from '../../detection/assignment/sampling.js';
import { seededRandom } from '../../random.js';

/**
 * Samplers for each image of a batch, which draw from a number that is drawn for the batch and the
 * place of the image. So the draws for an image depend neither on other images nor on processes.
 *
 * @param first the place of the first image of this process in the whole batch
 */
export function imageSampler(generator: Generator, first = 0): Sampler {
  let seed: number | undefined;
  const samplers = new Map<number, Sampler>();
  return {
    ...randomSampler(generator),
    ofImage(place) {
      seed ??= randint(0, 2 ** 31, [], { generator, dtype: 'i64' }).number();
      const draws = seededRandom(seed, first + place);
      const sampler =
        samplers.get(place) ?? randomSampler(new Generator(Math.floor(draws() * 2 ** 32)));
      samplers.set(place, sampler);
      return sampler;
    },
  };
}
