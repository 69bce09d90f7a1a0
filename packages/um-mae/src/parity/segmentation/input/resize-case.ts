/** Resizing of pictures and maps, and adaptive pools, against the published ones. */
import { adaptiveAvgPool2d } from '@um-mae/torch';
import { z } from 'zod';
import { resizeMap } from '../../../heads/segmentation/resize-map.js';
import { type Comparison, compareTensors } from '../../comparison.js';
import { type Case, readTensors, required } from '../../fixture.js';
import { compareResizedPictures } from './resized-pictures.js';

const size = z.tuple([z.number(), z.number()]);

const resizeCase = z.object({
  logits: z.array(
    z.object({ name: z.string(), to_height_width: size, recommended_atol: z.number() }),
  ),
  pools: z.array(z.object({ name: z.string(), scale: z.number() })),
});

const POOL_TOLERANCE = 1e-6;

/** Whether `json` describes a case of this kind. */
export function isResizeCase(json: unknown): boolean {
  return resizeCase.safeParse(json).success;
}

export function runResizeCase(fixture: Case): Comparison[] {
  const { logits, pools } = resizeCase.parse(fixture.json);
  const tensors = readTensors(fixture, 'tensors.safetensors');
  return [
    ...compareResizedPictures(fixture),
    ...logits.map(({ name, to_height_width: to, recommended_atol: tolerance }) => {
      const map = required(tensors, name.replace(/\.\w+$/, '.in'));
      const ours = resizeMap(map, to, name.endsWith('align_corners'));
      return compareTensors(name, ours, required(tensors, name), tolerance);
    }),
    ...pools.map(({ name, scale }) => {
      const ours = adaptiveAvgPool2d(required(tensors, `${name}.in`), [scale, scale]);
      return compareTensors(name, ours, required(tensors, `${name}.out`), POOL_TOLERANCE);
    }),
  ];
}
