/** Golden runs: a change that should change no result changes none of these losses. */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../testing/command-line.js';
import {
  goldenNames,
  readGoldenRun,
  recordedGoldenRun,
  runGoldens,
} from '../../testing/golden-runs.js';
import { expectSameNumbers } from '../../testing/same-numbers.js';

const folder = temporaryFolder();

beforeAll(() => runGoldens(folder));

describe('golden runs', () => {
  test.each(goldenNames)('%s has the losses and scores that are in git', (name) => {
    const recorded = recordedGoldenRun(name);
    const computed = readGoldenRun(join(folder, name));
    expectSameNumbers(computed.losses, recorded.losses);
    expect(computed.evaluations.length).toBe(recorded.evaluations.length);
    for (const [index, scores] of recorded.evaluations.entries()) {
      expect(Object.keys(computed.evaluations[index] ?? {})).toEqual(Object.keys(scores));
      expectSameNumbers(Object.values(computed.evaluations[index] ?? {}), Object.values(scores));
    }
  });

  test('are fifty steps each, and fine-tuning is evaluated', () => {
    for (const name of goldenNames) {
      const { losses, evaluations } = recordedGoldenRun(name);
      expect(losses.length).toBe(50);
      expect(evaluations.length > 0).toBe(name.startsWith('finetune'));
    }
  });
});
