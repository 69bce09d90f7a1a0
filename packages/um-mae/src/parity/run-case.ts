import { scope } from '@um-mae/torch';
import { runClassifierCase } from './classifier-case.js';
import type { Comparison } from './comparison.js';
import { detectionCases } from './detection/cases.js';
import { detectionCase } from './detection/names.js';
import { readFixture } from './fixture.js';
import { isModelCase, runModelCase } from './model-case.js';
import { runSegmentationCase } from './segmentation/run-case.js';
import { isSegmentationCase } from './segmentation/segmentation-case.js';
import { runTrainingCase } from './training-case.js';
import { runUtilityCase } from './utility-case.js';

/**
 * Computes a parity case of any kind on a device.
 *
 * @throws UmMaeError when the folder holds no case
 */
export function runCase(folder: string, device: string): Comparison[] {
  return scope(() => {
    const fixture = readFixture(folder, device);
    if (isSegmentationCase(fixture.json)) return runSegmentationCase(fixture);
    const detection = detectionCase(fixture.json);
    if (detection) return detectionCases[detection](fixture);
    if ('classifier' in fixture) return runClassifierCase(fixture);
    if (!('model' in fixture)) return runUtilityCase(fixture.json);
    return isModelCase(fixture.json) ? runModelCase(fixture) : runTrainingCase(fixture);
  });
}
