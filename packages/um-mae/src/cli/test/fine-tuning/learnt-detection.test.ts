/** Detectors that learn a set by heart, which they do if all of their parts fit each other. */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder, umMae } from '../../testing/command-line.js';
import { metricsOf } from '../../testing/kept-runs.js';
import { sized, trainingOn, writeRectangles } from '../../testing/sets/detected-rectangles.js';

const folder = temporaryFolder();
const data = join(folder, 'drawn');
const { detection, instances } = trainingOn(data);

beforeAll(() => writeRectangles(data));

describe('a detector that is fine-tuned', () => {
  test.each([
    ['detection', detection, 60],
    ['instances', instances, 100],
  ] as const)('learns 8 images by heart (%s)', async (task, args, epochs) => {
    const out = join(folder, `learnt-${task}`);
    const pace = sized('learningRate={peak: 6e-3}', 'flip=0', 'evaluateEvery={share: 1}');
    const run = await umMae(...args, ...pace, '--epochs', `${epochs}`, '--out', out);
    expect(run.code).toBe(0);
    const [last] = metricsOf(out).filter(({ kind }) => kind === 'evaluation');
    expect(Number(last?.boxAp)).toBeGreaterThan(0.9);
    if (task === 'instances') expect(Number(last?.maskAp)).toBeGreaterThan(0.9);
  });
});
