import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { at } from '../shared/at.js';
import { classHue } from '../web/charts/plot/palette.js';

const tokens = readFileSync(new URL('../../web/styles/tokens.css', import.meta.url), 'utf8');
const themes = ['light', 'dark'] as const;

/** The value of a token in a theme, `#1f5aa6`. */
function colourOf(token: string, theme: (typeof themes)[number]): string {
  const [, light, dark] =
    new RegExp(`${token}: light-dark\\((#\\w{6}), (#\\w{6})\\);`).exec(tokens) ?? [];
  return (theme === 'light' ? light : dark) ?? expect.fail(`no colour ${token}`);
}

/** Relative luminance of linear red, green and blue (WCAG 2.2). */
function luminance([red, green, blue]: readonly [number, number, number]): number {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function luminanceOfHex(colour: string): number {
  const linear = (start: number) => {
    const level = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4;
  };
  return luminance([linear(1), linear(3), linear(5)]);
}

/** The luminance that a screen shows of `oklch(0.5 0.12 137.5)` (CSS Color 4, section 9.4). */
function luminanceOfHue(colour: string): number {
  const [lightness, chroma, degrees] = [...colour.matchAll(/[\d.]+/g)].map(Number);
  const angle = ((degrees ?? Number.NaN) * Math.PI) / 180;
  const [a, b] = [(chroma ?? 0) * Math.cos(angle), (chroma ?? 0) * Math.sin(angle)];
  const cube = (x: number, y: number) => ((lightness ?? 0) + x * a + y * b) ** 3;
  const l = cube(0.3963377774, 0.2158037573);
  const m = cube(-0.1055613458, -0.0638541728);
  const s = cube(-0.0894841775, -1.291485548);
  const shown = (value: number) => Math.min(1, Math.max(0, value));
  return luminance([
    shown(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    shown(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    shown(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ]);
}

function contrast(one: number, other: number): number {
  const [light, dark] = one > other ? [one, other] : [other, one];
  return (light + 0.05) / (dark + 0.05);
}

describe.each(themes)('in %s colours, points and curves have a contrast of 3 to', (theme) => {
  test.each(['--paper', '--raised'])('%s', (ground) => {
    const below = luminanceOfHex(colourOf(ground, theme));
    const series = Array.from({ length: 8 }, (_, i) => `--series-${i + 1}`);
    for (const token of ['--point', ...series]) {
      const own = luminanceOfHex(colourOf(token, theme));
      expect(contrast(own, below), token).toBeGreaterThanOrEqual(3);
    }
    for (let label = 0; label < 1000; label++) {
      const colour = classHue(label, theme === 'dark');
      expect(contrast(luminanceOfHue(colour), below), colour).toBeGreaterThanOrEqual(3);
    }
  });
});

test('classes that follow one another differ in hue and lightness', () => {
  const all = Array.from({ length: 100 }, (_, label) => classHue(label, false));
  expect(new Set(all).size).toBe(100);
  const lightness = all.map((colour) => Number.parseFloat(colour.slice('oklch('.length)));
  for (let i = 1; i < 100; i++) expect(at(lightness, i)).not.toBe(at(lightness, i - 1));
});
