import { at } from '../../at.js';
import type { ChosenValue } from './choose.js';
import { batchRules } from './rules.js';

/** The batch for so many images, halved until they fill one. */
export function batchValue(images: number): ChosenValue {
  const rule = batchRules.find(({ leastImages }) => images >= leastImages) ?? at(batchRules, -1);
  let { batchSize: value }: { batchSize: number } = rule;
  while (value > images && value > 1) value /= 2;
  return { path: 'batchSize', value, because: rule.because };
}
