/** Sections of the utility case on mixing and erasing, with the draws that the case recorded. */
import { cat, Generator, slice, type Tensor } from '@um-mae/torch';
import { z } from 'zod';
import {
  type Mixing,
  mixImages,
  pasteAround,
  softTargets,
} from '../../../data/augmentation/mixing.js';
import { drawErasing, eraseImages } from '../../../data/augmentation/random-erasing.js';
import { compareNumbers, compareTensors } from '../../comparison.js';
import { required } from '../../fixture.js';
import { type Section, section, type Tensors } from './section.js';

/** One number for the whole batch, or one for each image or pair. */
const draws = z.union([z.number().transform((value) => [value]), z.array(z.number())]);

const mixingCase = z.object({
  name: z.string(),
  mode: z.enum(['batch', 'elem', 'pair']),
  label_smoothing: z.number(),
  draws: z.object({
    uniform_draws: z.array(draws),
    beta_draws: z.array(draws),
    integer_draws: z.array(z.number()),
  }),
  cutmix_boxes: z.array(z.unknown()),
});

type MixingCase = z.infer<typeof mixingCase>;

const mixing: Section<{ cases: MixingCase[]; num_classes: number; tolerance: number }> = {
  schema: z.object({
    cases: z.array(mixingCase),
    num_classes: z.number(),
    tolerance: z.number(),
  }),
  compare: ({ cases, num_classes: classes, tolerance }, tensors) =>
    cases.flatMap((row) => {
      const { name, label_smoothing: smoothing } = row;
      const images = required(tensors, 'images');
      const labels = required(tensors, 'labels');
      const all = mixingsOf(row, images);
      // Ours mixes a batch by one draw: of each draw the rows that it is for are taken.
      const rows = (of: (mixing: Mixing) => Tensor) =>
        cat(all.map((each, image) => of(each).narrow(0, image, 1)));
      const mixed = rows((each) => mixImages(images, each));
      const targets = rows((each) => softTargets(labels, { classes, smoothing, mixing: each }));
      const theirs = (part: string) => required(tensors, `${name}.${part}`);
      return [
        compareTensors(`images of ${name}`, mixed, theirs('images'), tolerance),
        compareTensors(`targets of ${name}`, targets, theirs('targets'), tolerance),
      ];
    }),
};

/** The mixing of every image, by the draws of the case. */
function mixingsOf({ mode, draws: recorded, cutmix_boxes: boxes }: MixingCase, images: Tensor) {
  const [count, , height, width] = images.sizes(4);
  const size = { height, width };
  const [first = [], second = []] = recorded.beta_draws;
  const [row = 0, column = 0, ...centres] = recorded.integer_draws;
  if (mode === 'batch') {
    const [lambda = Number.NaN] = first;
    const one = boxes.length > 0 ? pasteAround({ row, column }, lambda, size) : { lambda };
    return Array.from({ length: count }, () => one);
  }
  const left = [row, column, ...centres];
  // Cutmix where the draw is below a half; lambdas pass through float32 there.
  const [choices = []] = recorded.uniform_draws;
  const entries = choices.map((choice, entry): Mixing => {
    const isCut = choice < 0.5;
    const lambda = Math.fround((isCut ? first : second)[entry] ?? Number.NaN);
    if (!isCut) return { lambda };
    const [centreRow = 0, centreColumn = 0] = left.splice(0, 2);
    return pasteAround({ row: centreRow, column: centreColumn }, lambda, size);
  });
  const entryOf = (image: number) => (mode === 'pair' ? Math.min(image, count - 1 - image) : image);
  return Array.from({ length: count }, (_, image) => entries[entryOf(image)] ?? { lambda: 1 });
}

const erasingCase = z.object({
  name: z.string(),
  mode: z.string(),
  count: z.number(),
  uniform01_draws: z.array(z.number()),
  area_fraction_and_log_aspect_draws: z.array(z.number()),
  integer_draws_low_high_value: z.array(z.tuple([z.number(), z.number(), z.number()])),
});

type ErasingCase = z.infer<typeof erasingCase>;

const erasing: Section<{ cases: ErasingCase[] }> = {
  schema: z.object({ cases: z.array(erasingCase) }),
  compare: ({ cases }, tensors) =>
    cases.flatMap((row) => {
      const { name } = row;
      const image = required(tensors, 'image');
      const { erased, left } = eraseAs(row, image, tensors);
      return [
        compareTensors(`image erased as ${name}`, erased, required(tensors, name), 0),
        compareNumbers(`draws of ${name} that are not asked for`, left, 0, 0),
      ];
    }),
};

/** Published limits of a rectangle's share of the area, and of its aspect. */
const [smallest, largest, narrowest] = [0.02, 1 / 3, Math.log(0.3)];

/** Erases by our draws from the recorded numbers, and fills in what was filled in there. */
function eraseAs(row: ErasingCase, image: Tensor, tensors: Tensors) {
  const { name, count } = row;
  const [, height, width] = image.sizes(3);
  const erased = image.unsqueeze(0).clone();
  let left = 0;
  for (let block = 0; block < count; block++) {
    const numbers = numbersOf(row, block);
    const random = () => numbers.shift() ?? Number.NaN;
    // Several rectangles share the area.
    const area = [smallest / count, largest / count] as const;
    const options = { probability: 0.25, area };
    const [box] = drawErasing(options, { images: 1, height, width }, random);
    left += numbers.length;
    if (!box) continue;
    const place = [slice(box.top, box.top + box.height), slice(box.left, box.left + box.width)];
    const own = eraseImages(erased, [box], { generator: new Generator(0) });
    erased.copy_(own.put([0, ':', ...place], required(tensors, `${name}.block${block}`)));
  }
  return { erased: erased.at(0), left };
}

/** The draws of a rectangle, from 0 to 1: whether, areas and aspects until they fit, a place. */
function numbersOf(row: ErasingCase, block: number): number[] {
  const { count, integer_draws_low_high_value: integers } = row;
  const shapes = row.area_fraction_and_log_aspect_draws.map((draw, i) =>
    i % 2 === 0 ? (draw - smallest) / (largest - smallest) : (draw - narrowest) / (-2 * narrowest),
  );
  const own = shapes.length / count;
  // Of several rectangles the number is drawn first.
  const places = (count > 1 ? integers.slice(1) : integers).map(
    ([low, high, value]) => (value - low + 0.5) / (high - low + 1),
  );
  return [
    ...row.uniform01_draws,
    ...shapes.slice(block * own, (block + 1) * own),
    ...places.slice(block * 2, block * 2 + 2),
  ];
}

/** Sections of what happens to images in fine-tuning. */
export const augmentationSections = {
  mixup_cutmix: section(mixing),
  random_erasing: section(erasing),
} as const;
