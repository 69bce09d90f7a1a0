/** RoIAlign in both definitions, its gradient, and the level of each region. */
import { gradients } from '@um-mae/torch';
import { roiAlign } from '@um-mae/torch/vision';
import type { Comparison } from '../../comparison.js';
import type { Case } from '../../fixture.js';
import { openNumbers } from '../numbers.js';

const variants = [
  { name: 'aligned_ratio0', aligned: true, samples: 0 },
  { name: 'aligned_ratio2', aligned: true, samples: 2 },
  { name: 'aligned_ratio3', aligned: true, samples: 3 },
  { name: 'plain_ratio0', aligned: false, samples: 0 },
  { name: 'plain_ratio2', aligned: false, samples: 2 },
];

export function runRoiAlignCase(fixture: Case): Comparison[] {
  const numbers = openNumbers(fixture);
  const [map, rois] = [numbers.get('features.in'), numbers.get('rois.in')];
  const slopes = numbers.get('cotangent.in');
  map.requiresGrad = true;
  return variants.flatMap(({ name, aligned, samples }) => {
    const options = { bins: [7, 7], strides: [4], aligned, samples } as const;
    const pooled = roiAlign([map], rois, options);
    const [slope = pooled] = gradients(pooled.mul(slopes).sum(), [map]);
    const rows = numbers.compare(`${name}.output`, pooled);
    return [rows, numbers.compare(`${name}.grad.features`, slope)];
  });
}
