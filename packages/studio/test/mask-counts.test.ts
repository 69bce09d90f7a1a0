/** The explorer's masks beside those that um-mae trains with. */
import { Generator } from '@um-mae/torch';
import { drawMask as drawTrainingMask } from 'um-mae';
import { expect, test } from 'vitest';
import { drawMask } from '../web/masks/sampling.js';
import { cellOf, cells, unitChoices } from '../web/masks/settings.js';
import { countOf } from '../web/masks/unit-state.js';

const ratios = [0, 0.1, 0.25, 0.29, 0.5, 0.55, 0.6, 0.75, 0.89, 0.95];

/** Units that um-mae's mask of one image drops and hides. */
function trainingCounts(
  masking: Parameters<typeof drawTrainingMask>[0],
  units: number,
): { dropped: number; hidden: number } {
  const grid = { rows: units, columns: units };
  const { visible, hidden } = drawTrainingMask(masking, {
    batch: 1,
    grid,
    generator: new Generator(1),
  });
  return { dropped: units ** 2 - visible.sum().number(), hidden: hidden.sum().number() };
}

test('random masks drop as many units as in training', () => {
  for (const units of [8, 14, 16, 27]) {
    for (const ratio of ratios) {
      const states = drawMask({ kind: 'random', ratio }, { rows: units, columns: units }, 1);
      const expected = trainingCounts({ kind: 'random', ratio, secondaryRatio: 0 }, units);
      expect({ dropped: countOf(states, 'dropped'), hidden: 0 }).toEqual(expected);
    }
  }
});

test.each(cells)(
  'uniform masks of cells of %s drop and hide as many units as in training',
  (name) => {
    const [units = 0] = unitChoices(name);
    for (const secondaryRatio of ratios) {
      const masking = { kind: 'uniform', cell: cellOf(name), secondaryRatio } as const;
      const states = drawMask(masking, { rows: units, columns: units }, 1);
      expect({ dropped: countOf(states, 'dropped'), hidden: countOf(states, 'hidden') }).toEqual(
        trainingCounts({ ...masking, corners: 'independent' }, units),
      );
    }
  },
);
