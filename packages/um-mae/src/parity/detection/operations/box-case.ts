/** Overlaps, coding of boxes and anchors, in both definitions. */
import { cat } from '@um-mae/torch';
import { boxOverlaps } from '@um-mae/torch/vision';
import {
  type AnchorGrid,
  type AnchorShapes,
  baseAnchors,
  gridAnchors,
  validAnchors,
} from '../../../detection/boxes/anchors.js';
import { type Deviations, decodeDeltas, encodeDeltas } from '../../../detection/boxes/deltas.js';
import { decodeDistances, encodeDistances } from '../../../detection/boxes/distances.js';
import { alignedOverlaps, pairOverlaps } from '../../../detection/boxes/overlap.js';
import { type Comparison, compareTensors } from '../../comparison.js';
import type { Case } from '../../fixture.js';
import { type Numbers, openNumbers } from '../numbers.js';

const clip = { height: 123, width: 193 };
const image = { height: 136, width: 200 };
const padded = { height: 123, width: 163 };

export function runBoxCase(fixture: Case): Comparison[] {
  const numbers = openNumbers(fixture);
  return [
    ...compareOverlaps(numbers),
    ...compareDeltas(numbers),
    ...compareDistances(numbers),
    ...compareAnchors(numbers, 'rpn', [4, 8, 16, 32, 64], [0.5, 1, 2]),
    ...compareAnchors(numbers, 'gfl', [8, 16, 32, 64, 128], [1]),
    ...compareRoundedAnchors(numbers),
  ];
}

function compareOverlaps(numbers: Numbers): Comparison[] {
  const [a, b] = [numbers.get('overlap.a.in'), numbers.get('overlap.b.in')];
  const [count] = b.sizes(2);
  const aligned = alignedOverlaps(a.narrow(0, 0, count), b, { kind: 'generalised', epsilon: 1e-7 });
  const plain = boxOverlaps(a, b);
  return [
    numbers.compare('overlap.iou', pairOverlaps(a, b)),
    numbers.compare('overlap.iof', pairOverlaps(a, b, { kind: 'first' })),
    numbers.compare('overlap.giou', pairOverlaps(a, b, { kind: 'generalised' })),
    numbers.compare('overlap.giou_aligned_eps1e-7', aligned),
    compareTensors('overlap.iou_torchvision', plain, numbers.get('overlap.iou_torchvision'), 1e-6),
  ];
}

function compareDeltas(numbers: Numbers): Comparison[] {
  const [from, to] = [numbers.get('delta.proposals.in'), numbers.get('delta.targets.in')];
  const deltas = numbers.get('delta.deltas.in');
  const byClass = numbers.get('delta.deltas_3_classes.in');
  const mmdet = [
    '1.0_1.0_1.0_1.0',
    '0.1_0.1_0.2_0.2',
    '0.05_0.05_0.1_0.1',
    '0.033_0.033_0.067_0.067',
  ];
  const ours = mmdet.flatMap((stds) => {
    const [x = 1, y = 1, width = 1, height = 1] = stds.split('_').map(Number);
    const deviations: Deviations = [x, y, width, height];
    const cut = { deviations, size: clip };
    const name = `delta.stds${stds}`;
    return [
      numbers.compare(`${name}.encoded`, encodeDeltas(from, to, deviations)),
      numbers.compare(`${name}.decoded`, decodeDeltas(from, deltas, { deviations })),
      numbers.compare(`${name}.decoded_clipped`, decodeDeltas(from, deltas, cut)),
      numbers.compare(`${name}.decoded_3_classes`, decodeDeltas(from, byClass, cut)),
    ];
  });
  const torchvision = ['1_1_1_1', '10_10_5_5'].flatMap((weights) => {
    const [x = 1, y = 1, width = 1, height = 1] = weights.split('_').map((w) => 1 / Number(w));
    const deviations: Deviations = [x, y, width, height];
    const options = { deviations, limitsShrinking: false };
    const name = `delta_torchvision.weights${weights}`;
    return [
      numbers.compare(`${name}.encoded`, encodeDeltas(from, to, deviations)),
      numbers.compare(`${name}.decoded`, decodeDeltas(from, deltas, options)),
    ];
  });
  return [...ours, ...torchvision];
}

function compareDistances(numbers: Numbers): Comparison[] {
  const points = numbers.get('distance.points.in');
  const targets = numbers.get('delta.targets.in');
  const decoded = decodeDistances(points, numbers.get('distance.distances.in'), clip);
  const encoded = encodeDistances(points.div(8), targets.div(8), 16 - 0.1);
  return [
    numbers.compare('distance.decoded', decoded),
    numbers.compare('distance.encoded_max16', encoded),
  ];
}

function compareAnchors(
  numbers: Numbers,
  name: string,
  strides: readonly number[],
  ratios: readonly number[],
): Comparison[] {
  return strides.flatMap((stride, level) => {
    const base = baseAnchors({ sizes: [8 * stride], ratios });
    const [rows, columns] = [Math.ceil(image.height / stride), Math.ceil(image.width / stride)];
    const grid: AnchorGrid = { rows, columns, stride: [stride, stride] };
    return [
      numbers.compare(`anchors.${name}.base.${level}`, base),
      numbers.compare(`anchors.${name}.level.${level}`, gridAnchors(base, grid)),
      numbers.compare(`anchors.${name}.valid.${level}`, validAnchors(grid, padded, ratios.length)),
    ];
  });
}

function compareRoundedAnchors(numbers: Numbers): Comparison[] {
  const sizes = [32, 64, 128, 256, 512];
  const bases = sizes.map((size) => {
    const shapes: AnchorShapes = { sizes: [size], ratios: [0.5, 1, 2], rounded: true };
    return baseAnchors(shapes);
  });
  const all = bases.map((base, level) => {
    const stride = 4 * 2 ** level;
    const [rows, columns] = [Math.ceil(image.height / stride), Math.ceil(image.width / stride)];
    const own = [Math.floor(image.height / rows), Math.floor(image.width / columns)] as const;
    return gridAnchors(base, { rows, columns, stride: own });
  });
  return [
    ...bases.map((base, level) => numbers.compare(`anchors.torchvision.base.${level}`, base)),
    numbers.compare('anchors.torchvision.all', cat(all)),
  ];
}
