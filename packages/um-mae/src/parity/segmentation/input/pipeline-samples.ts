/** Samples of the published training input, with the draws that were recorded. */
import { fromArray, type Tensor } from '@um-mae/torch';
import { z } from 'zod';
import { padClassMap, padPixels } from '../../../data/loading/views/pad.js';
import { drawScaledCrop } from '../../../data/loading/views/scaled-crop.js';
import { type Distortion, distortColours } from '../../../images/augmentation/photometric.js';
import type { Geometry } from '../../../images/geometry/geometry.js';
import { resampleBy, resizeTo } from '../../../images/geometry/resampling.js';
import type { RgbImage } from '../../../images/geometry/resize.js';
import { sampleClassMap } from '../../../images/masks/class-map.js';
import { normaliseImages } from '../../../images/normalise.js';
import { type Comparison, compareNumbers, compareTensors } from '../../comparison.js';
import { bytesOf, labelOf, levelsOf, type Parts, photoOf, recorded } from './published-pictures.js';

const sizes = z.tuple([z.number(), z.number()]);
const draw = z.object({ call: z.string(), value: z.number() });

/** Whole samples of a case. */
export const pipelineCase = z.object({
  name: z.string(),
  photo: z.string(),
  img_scale: sizes,
  crop_height_width: sizes,
  ratio_range: sizes,
  steps: z.array(z.object({ step: z.string(), draws: z.array(draw) })),
  share_of_padding: z.number(),
});

/** Compares whole samples: scale, crop, flip, colours and padding. */
export function comparePipeline(
  item: z.infer<typeof pipelineCase>,
  { folder, published }: Parts,
): Comparison[] {
  const { name, img_scale: scale } = item;
  const [height, width] = item.crop_height_width;
  const output = { height, width };
  const image = photoOf(folder, item.photo);
  const label = labelOf(folder, item.photo);
  const drawsOf = (step: string) => item.steps.find((found) => found.step === step)?.draws ?? [];
  const options = {
    scale: { long: Math.max(...scale), short: Math.min(...scale) },
    ratios: item.ratio_range,
    largestShare: 0.75,
    flip: 0.5,
    distortion: true,
    resampling: 'opencv' as const,
  };
  const offsets = drawsOf('RandomCrop').map(({ call, value }) => {
    const [, end = '1'] = /, (\d+)\)/.exec(call) ?? [];
    return (value + 0.5) / Number(end);
  });
  const numbers = (step: string) => drawsOf(step).map(({ value }) => value);
  const random = recorded([...numbers('Resize'), ...offsets, ...numbers('RandomFlip')]);
  const geometry = drawScaledCrop(image, options, { output, classMap: label, random });
  const whole = wholeOf(geometry);
  const resized = resizeTo(image, geometry.sampling, 'opencv');
  const seen = sampleClassMap(label, geometry, 'corner');
  const map = { ...seen, ...output, data: padClassMap(seen, output) };
  const shown = samplePixels(image, geometry, distortionOf(drawsOf('PhotoMetricDistortion')));
  // Levels before the normalisation: padding is the mean colour there, to half a level.
  const ours = normaliseImages(padPixels(shown, output), output, 'cpu').squeeze(0);
  const tolerance = item.share_of_padding > 0 ? 0.06 : 0.019;
  return [
    compareTensors(`${name} resized`, fromArray(resized.data), published(`${name}.resized`), 0),
    compareTensors(
      `${name} resized label`,
      levelsOf(sampleClassMap(label, whole, 'corner')),
      published(`${name}.resized_label`),
      0,
    ),
    compareTensors(`${name} label`, levelsOf(map), published(`${name}.label`), 0),
    compareTensors(`${name} image`, ours, published(`${name}.image`), tolerance),
    ...(item.share_of_padding > 0
      ? []
      : [compareMost(`${name} image`, ours, published(`${name}.image`))]),
  ];
}

/** The whole of the scaled image, as it lies. */
function wholeOf({ sampling }: Geometry): Geometry {
  const { width, height } = sampling;
  return { sampling: { ...sampling, window: { left: 0, top: 0, width, height } }, mirrored: false };
}

function samplePixels(image: RgbImage, geometry: Geometry, distortion: Distortion): RgbImage {
  const { window } = geometry.sampling;
  const { width, height } = window;
  const data = resampleBy('opencv', image, geometry.sampling);
  const shown = fromArray(data, { shape: [height, width, 3] });
  const pixels = bytesOf(geometry.mirrored ? shown.flip([1]) : shown);
  distortColours(pixels, distortion);
  return { width, height, data: pixels };
}

/** At most one value in a thousand may differ at all. */
function compareMost(name: string, ours: Tensor, theirs: Tensor): Comparison {
  const differing = ours.sub(theirs).abs().gt(2e-6).to('f32').mean().number();
  return compareNumbers(`${name}, share of other values`, differing, 0, 1e-3);
}

/** The changes that a list of coins and numbers makes, in the order of the published code. */
function distortionOf(draws: readonly z.infer<typeof draw>[]): Distortion {
  const left = draws.map(({ value }) => value);
  const next = () => left.shift() ?? 0;
  const maybe = () => (next() === 1 ? next() : null);
  const brightness = maybe();
  const contrastFirst = next() === 1;
  const early = contrastFirst ? maybe() : null;
  const saturation = maybe();
  const hue = maybe();
  return { brightness, contrastFirst, saturation, hue, contrast: contrastFirst ? early : maybe() };
}
