import { describe, expect, test } from 'vitest';
import { chartSvg, svgSize } from './chart-svg.js';

const colours = { ink: 'black', quiet: 'grey', line: 'silver', paper: 'white', curves: ['red'] };
const curve = { label: 'a < b', colour: '--series-1', x: [0, 10, 20], y: [1, null, 0.5] };
const chart = {
  title: 'Loss & more',
  curves: [curve],
  xLabel: 'step',
  hasLegend: true,
  isLog: false,
  format: String,
};

/** Places along the curve, as pairs of pixels. */
function pointsIn(svg: string): number[][] {
  const [, path = ''] = /<path d="M([^"]*)" fill="none"/.exec(svg) ?? [];
  return path.split('L').map((point) => point.split(' ').map(Number));
}

describe('chartSvg', () => {
  test('draws what is known from corner to corner, with its names', () => {
    const svg = chartSvg(chart, colours);
    const [first = [], last = []] = pointsIn(svg);
    expect(pointsIn(svg)).toHaveLength(2);
    expect(first[0]).toBeLessThan(Number(last[0]));
    expect(first[1]).toBeLessThan(Number(last[1]));
    expect(last).toEqual([svgSize.width - 20, svgSize.height - 48]);
    expect(svg).toContain('Loss &#38; more');
    expect(svg).toContain('a &#60; b');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('draws one point, no point, and powers on a log scale', () => {
    for (const changes of [
      { x: [1], y: [3] },
      { x: [], y: [] },
      { x: [1, 2], y: [-1, 1000] },
    ]) {
      const curves = [{ ...curve, ...changes, hasPoints: true }];
      for (const isLog of [true, false]) {
        const svg = chartSvg({ ...chart, curves, isLog }, colours);
        expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      }
    }
  });
});
