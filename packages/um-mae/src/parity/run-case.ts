import { scope } from '@um-mae/torch';
import { runCheckpointCase } from './cases/checkpoint-case.js';
import { runClassifierCase } from './cases/classifier-case.js';
import { isModelCase, runModelCase } from './cases/model-case.js';
import { runTrainingCase } from './cases/training-case.js';
import { runTransformsCase } from './cases/transforms-case.js';
import { runUtilityCase } from './cases/utility/utility-case.js';
import type { Comparison } from './comparison.js';
import { detectionCases } from './detection/cases.js';
import { detectionCase } from './detection/names.js';
import { type Case, readFixture } from './fixture.js';
import { type PartKind, partKind } from './part-kind.js';
import { runSegmentationCase } from './segmentation/run-case.js';
import { isSegmentationCase } from './segmentation/segmentation-case.js';

const partCases: Readonly<Record<PartKind, (fixture: Case) => Comparison[]>> = {
  util: runUtilityCase,
  checkpoints: runCheckpointCase,
  transforms: runTransformsCase,
};

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
    const part = partKind(fixture.json);
    if (part || !('model' in fixture)) return partCases[part ?? 'util'](fixture);
    return isModelCase(fixture.json) ? runModelCase(fixture) : runTrainingCase(fixture);
  });
}
