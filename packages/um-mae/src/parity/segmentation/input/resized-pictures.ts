/**
 * Resizing of labels and of images, and the sizes that images are brought to, against the published
 * ones.
 */
import { fromArray, type Tensor } from '@um-mae/torch';
import { z } from 'zod';
import { at } from '../../../at.js';
import { resizeTo, scaledSize } from '../../../images/geometry/resampling.js';
import { sampleClassMap } from '../../../images/masks/class-map.js';
import { type Comparison, compareNumbers, compareTensors } from '../../comparison.js';
import { type Case, readTensors, required } from '../../fixture.js';

const sizes = z.tuple([z.number(), z.number()]);
const resized = z.object({ name: z.string(), from_height_width: sizes, to_height_width: sizes });

const picturesCase = z.object({
  labels: z.array(resized),
  images: z.array(resized),
  sizes: z.array(z.object({ image_width_height: sizes, scale: sizes, new_width_height: sizes })),
});

/** Compares resized labels and images, and sizes, of a case that has them. */
export function compareResizedPictures(fixture: Case): Comparison[] {
  const described = picturesCase.parse(fixture.json);
  const tensors = readTensors({ ...fixture, device: 'cpu' }, 'tensors.safetensors');
  const published = (name: string) => required(tensors, name);
  return [
    ...described.labels.flatMap((item) => compareLabels(item, published)),
    ...described.images.map((item) => compareImages(item, published)),
    ...described.sizes.flatMap(compareSizes),
  ];
}

type Published = (name: string) => Tensor;

function compareLabels(item: z.infer<typeof resized>, published: Published): Comparison[] {
  const {
    name,
    from_height_width: [fromHeight, fromWidth],
  } = item;
  const [height, width] = item.to_height_width;
  const data = Int32Array.from(published(`${name}.in`).toArray() as Uint8Array);
  const source = { left: 0, top: 0, width: fromWidth, height: fromHeight };
  const sampling = { source, width, height, window: { left: 0, top: 0, width, height } };
  const rules = { nearest: 'corner', centre: 'centre' } as const;
  return Object.entries(rules).map(([title, rule]) => {
    const map = { width: fromWidth, height: fromHeight, data };
    const ours = sampleClassMap(map, { sampling, mirrored: false }, rule);
    return compareTensors(
      `${name}.${title}`,
      fromArray(ours.data),
      published(`${name}.${title}`),
      0,
    );
  });
}

function compareImages(item: z.infer<typeof resized>, published: Published): Comparison {
  const {
    name,
    from_height_width: [fromHeight, fromWidth],
  } = item;
  const [height, width] = item.to_height_width;
  const data = published(`${name}.in`).toArray() as Uint8Array;
  const image = { width: fromWidth, height: fromHeight, data };
  const ours = resizeTo(image, { width, height }, 'opencv');
  return compareTensors(`${name}.bilinear`, fromArray(ours.data), published(`${name}.bilinear`), 0);
}

function compareSizes(
  item: z.infer<typeof picturesCase>['sizes'][number],
  number: number,
): Comparison[] {
  const [width, height] = item.image_width_height;
  const scale = { long: Math.max(...item.scale), short: Math.min(...item.scale) };
  const ours = scaledSize({ width, height }, scale);
  const name = `size ${number}`;
  return [
    compareNumbers(`${name} width`, ours.width, at(item.new_width_height, 0), 0),
    compareNumbers(`${name} height`, ours.height, at(item.new_width_height, 1), 0),
  ];
}
