import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cells,
  fitted,
  largestRatio,
  largestSeed,
  methods,
  plainSettings,
  unitChoices,
  windowChoices,
} from './settings.js';
import { readSettings, writeSettings } from './settings-address.js';

const ratios = fc.integer({ min: 0, max: 100 * largestRatio }).map((share) => share / 100);
const anySettings = fc.record({
  method: fc.constantFrom(...methods),
  ratio: ratios,
  cell: fc.constantFrom(...cells),
  secondary: ratios,
  units: fc.integer({ min: 8, max: 32 }),
  window: fc.integer({ min: 1, max: 32 }),
  seed: fc.integer({ min: 0, max: largestSeed }),
});

describe('settings', () => {
  test('come back from an address as they were', () => {
    fc.assert(
      fc.property(anySettings.map(fitted), (settings) => {
        const read = readSettings(new URLSearchParams(writeSettings(settings)));
        expect(read).toEqual({ settings, problem: undefined });
      }),
    );
    expect(writeSettings(plainSettings)).toBe('');
    const { settings } = readSettings(new URLSearchParams('cell=3x3'));
    expect(settings).toMatchObject({ cell: '3x3', ratio: 0.89, units: 18, window: 2 });
    expect(writeSettings({ ...settings, ratio: 0.75 })).toBe('cell=3x3&ratio=0.75&units=18');
  });

  test('fit: cells tile the units, and windows the compact grid', () => {
    fc.assert(
      fc.property(anySettings.map(fitted), ({ units, cell, window }) => {
        expect(unitChoices(cell)).toContain(units);
        expect(windowChoices(units, cell)).toContain(window);
      }),
    );
  });

  test.each([
    ['ratio=7', 'Expected a number of 0 to 0.95 for “ratio” in the address but got “7”; 0.75'],
    ['secondary=-1', 'Expected a number of 0 to 0.95 for “secondary”'],
    ['ratio=', 'but got “”'],
    ['ratio=NaN', 'but got “NaN”'],
    ['cell=5x5', 'Expected one of 1x2, 2x1, 2x2'],
    ['method=%3Cb%3E', 'but got “<b>”; secondary is shown.'],
    ['seed=1.5', 'Expected a number of 0 to 4294967295 for “seed”'],
    ['units=17', 'Expected one of 8, 10, 12'],
    ['units=1e99', 'Expected a number of 8 to 32 for “units”'],
    ['window=3', 'Expected one of 1, 2, 4, 8 for “window” in the address but got “3”; 4 is shown.'],
  ])('that cannot be meant are named, and others are shown: %s', (address, sentence) => {
    const { settings, problem } = readSettings(new URLSearchParams(address));
    expect(problem).toContain(sentence);
    expect(fitted(settings)).toEqual(settings);
  });

  test('any address can be read', () => {
    const key = fc.constantFrom(...Object.keys(plainSettings));
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.string())), (pairs) => {
        const { settings } = readSettings(new URLSearchParams(pairs));
        expect(fitted(settings)).toEqual(settings);
      }),
    );
  });
});
