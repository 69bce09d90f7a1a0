/** Region proposals of given maps: samples, losses of every level with gradients, proposals. */
import { cat, stack, type Tensor } from '@um-mae/torch';
import { z } from 'zod';
import { at } from '../../at.js';
import type { ImageObjects } from '../../detection/networks/image-objects.js';
import { proposals } from '../../detection/networks/proposals/proposals.js';
import {
  type RpnLossOptions,
  rpnLosses,
  sampleAnchors,
} from '../../detection/networks/proposals/rpn-loss.js';
import { pyramidAnchors } from '../../detection/networks/pyramid/pyramid-anchors.js';
import { type Comparison, compareNumbers } from '../comparison.js';
import type { Case } from '../fixture.js';
import { recordedSampler } from './detectors/recorded-sampler.js';
import { caseImage, sizeOf } from './image-sizes.js';
import { type Numbers, openNumbers } from './numbers.js';

const rpnCase = z.object({
  images: z.array(caseImage),
  sampler: z.object({ num: z.number(), positive_fraction: z.number() }),
});

const levels = [0, 1, 2, 3, 4];

const variants = [
  { name: 'inside', insideOnly: true, beta: 1 / 9 },
  { name: 'all', insideOnly: false, beta: 0 },
];

export function runRpnCase(fixture: Case): Comparison[] {
  return variants.flatMap((variant) => runVariant(fixture, variant));
}

function runVariant(fixture: Case, { name, ...rule }: (typeof variants)[number]): Comparison[] {
  const { images, sampler } = rpnCase.parse(fixture.json);
  const numbers = openNumbers(fixture);
  const leaf = (tensor: Tensor) => {
    const own = tensor.detach();
    own.requiresGrad = true;
    return own;
  };
  const scores = levels.map((level) => leaf(numbers.get(`scores.${level}.in`)));
  const deltas = levels.map((level) => leaf(numbers.get(`deltas.${level}.in`)));
  const options = { strides: [4, 8, 16, 32, 64], ratios: [0.5, 1, 2] };
  const anchors = pyramidAnchors(scores, options);
  const objects = images.map(({ img_shape, pad_shape }, i): ImageObjects => {
    const boxes = numbers.get(`boxes.${i}.in`);
    const labels = boxes.select(1, 0).mul(0).to('i64');
    return { boxes, labels, size: sizeOf(img_shape), padded: sizeOf(pad_shape) };
  });
  const recorded = objects.flatMap((_, i) =>
    ['positive', 'negative'].map((kind) => numbers.get(`${name}.sampled.${kind}.${i}`)),
  );
  const size = { count: sampler.num, positiveShare: sampler.positive_fraction };
  const given = (): RpnLossOptions => ({ ...rule, size, sampler: recordedSampler(recorded) });
  const [drawing, again] = [given(), given()];
  const samples = objects.flatMap((image, i) => {
    const own = sampleAnchors(anchors, image, drawing);
    const considered = numbers.get(`${name}.considered.${i}`).number();
    return [
      numbers.compare(`${name}.sampled.objects.${i}`, own.objects),
      compareNumbers(`${name}.considered.${i}`, own.considered, considered, 0),
    ];
  });
  const losses = rpnLosses({ scores, deltas }, anchors, objects, again);
  stack([losses.classification, losses.boxes]).sum().backward();
  const slopes = levels.flatMap((level) => [
    numbers.compare(`${name}.grad.scores.${level}`, slopeOf(at(scores, level))),
    numbers.compare(`${name}.grad.deltas.${level}`, slopeOf(at(deltas, level))),
  ]);
  const found = { scores, deltas };
  const proposed = [
    ['proposals_small', { mostOfLevel: 50, most: 40 }],
    ['proposals_large', { mostOfLevel: 1000, most: 300 }],
  ] as const;
  return [
    ...samples,
    numbers.compare(`${name}.loss_rpn_cls`, losses.classification),
    numbers.compare(`${name}.loss_rpn_bbox`, losses.boxes),
    ...slopes,
    ...proposed.flatMap(([kind, most]) =>
      objects.flatMap((image, place) => {
        const own = proposals(found, anchors, { place, size: image.size }, most);
        return compareProposals(numbers, `${name}.${kind}.${place}`, own);
      }),
    ),
  ];
}

function slopeOf(tensor: Tensor): Tensor {
  return tensor.grad ?? tensor.mul(0);
}

/** None where the case has no such proposals. */
function compareProposals(
  numbers: Numbers,
  name: string,
  { boxes, scores }: { readonly boxes: Tensor; readonly scores: Tensor },
): Comparison[] {
  if (!numbers.has(name)) return [];
  return [numbers.compare(name, cat([boxes, scores.unsqueeze(1)], { dim: 1 }))];
}
