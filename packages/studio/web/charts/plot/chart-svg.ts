/** A figure of curves as an SVG that stands alone, for papers and slides. */
import { at } from '../../../shared/at.js';
import type { ChartCurve, ChartProps } from './figure.js';

export const svgSize = { width: 720, height: 400 } as const;

/** Colours as a file takes them, which knows no custom properties. */
export interface ChartColours {
  readonly ink: string;
  readonly quiet: string;
  readonly line: string;
  readonly paper: string;
  /** The colour of each curve. */
  readonly curves: readonly string[];
}

type DrawnChart = Pick<
  ChartProps,
  'title' | 'curves' | 'xLabel' | 'hasLegend' | 'isLog' | 'isXLog' | 'format'
>;

/** The places of the axes, in pixels of the picture. */
const frame = { left: 76, right: svgSize.width - 20, bottom: svgSize.height - 48 };
const fontSize = 13;
/** Letters are about this wide; names of curves are set one beside the other. */
const letter = 7.2;

/** A number line of the picture. */
interface Scale {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

/** @returns the text of the file */
export function chartSvg(chart: DrawnChart, colours: ChartColours): string {
  const { title, curves, xLabel, isLog, isXLog = false, format } = chart;
  const legend = chart.hasLegend ? legendOf(curves, colours) : { text: '', bottom: 34 };
  const top = legend.bottom + 14;
  const y = scaleOf(valuesOf(curves, isLog), { from: frame.bottom, to: top, isLog });
  const x = scaleOf(
    curves.flatMap((curve) => curve.x),
    { from: frame.left, to: frame.right, isLog: isXLog },
  );
  const middle = (frame.left + frame.right) / 2;
  const parts = [
    `<rect width="100%" height="100%" fill="${colours.paper}"/>`,
    text(title, { x: 20, y: 26, fill: colours.ink, more: 'font-size="16" font-weight="600"' }),
    legend.text,
    ...y.ticks.map((tick) => horizontal(y.place(tick), format(tick), colours)),
    ...x.ticks.map((tick) =>
      text(String(Number(tick.toPrecision(6))), {
        x: x.place(tick),
        y: frame.bottom + 20,
        fill: colours.quiet,
        more: 'text-anchor="middle"',
      }),
    ),
    text(xLabel, {
      x: middle,
      y: svgSize.height - 10,
      fill: colours.quiet,
      more: 'text-anchor="middle"',
    }),
    ...curves.map((curve, i) => drawn(curve, { x, y, isLog, colour: at(colours.curves, i) })),
  ];
  const { width, height } = svgSize;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="${fontSize}">${parts.join('\n')}</svg>\n`;
}

/** Names of the curves, in as many lines as they need. */
function legendOf(
  curves: readonly ChartCurve[],
  colours: ChartColours,
): { readonly text: string; readonly bottom: number } {
  let [x, y] = [20, 48];
  const parts = curves.map(({ label }, i) => {
    const width = 26 + label.length * letter;
    if (x + width > frame.right && x > 20) [x, y] = [20, y + 18];
    const swatch = `<rect x="${x}" y="${y - 9}" width="10" height="10" rx="2" fill="${at(colours.curves, i)}"/>`;
    const name = text(label, { x: x + 15, y, fill: colours.ink });
    x += width;
    return swatch + name;
  });
  return { text: parts.join('\n'), bottom: y };
}

function horizontal(y: number, label: string, { line, quiet }: ChartColours): string {
  const rule = `<path d="M${frame.left} ${round(y)}H${frame.right}" stroke="${line}"/>`;
  const more = 'text-anchor="end"';
  return rule + text(label, { x: frame.left - 8, y: y + 4, fill: quiet, more });
}

interface CurveStyle {
  readonly x: Scale;
  readonly y: Scale;
  readonly isLog: boolean;
  readonly colour: string;
}

function drawn({ x: xs, y: ys, band, hasPoints }: ChartCurve, style: CurveStyle): string {
  const { x, y, isLog, colour } = style;
  const points = (values: readonly (number | null)[]) =>
    values.flatMap((value, i): string[] => {
      if (value === null || (isLog && value <= 0)) return [];
      return [`${round(x.place(at(xs, i)))} ${round(y.place(value))}`];
    });
  const own = points(ys);
  const line = `<path d="M${own.join('L')}" fill="none" stroke="${colour}" stroke-width="1.75" stroke-linejoin="round"/>`;
  const marks = (hasPoints ? own : []).map((point) => {
    const [cx, cy] = point.split(' ');
    return `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`;
  });
  if (own.length === 0) return '';
  if (!band) return line + marks.join('');
  const around = [...points(band.high), ...points(band.low).reverse()];
  return `<path d="M${around.join('L')}Z" fill="${colour}" fill-opacity="0.2"/>${line}${marks.join('')}`;
}

function valuesOf(curves: readonly ChartCurve[], isLog: boolean): number[] {
  const all = curves.flatMap(({ y, band }) => [...y, ...(band?.low ?? []), ...(band?.high ?? [])]);
  return all.filter((value): value is number => value !== null && (!isLog || value > 0));
}

interface ScaleOptions {
  /** The pixel of the least number, and of the greatest. */
  readonly from: number;
  readonly to: number;
  readonly isLog: boolean;
}

function scaleOf(values: readonly number[], { from, to, isLog }: ScaleOptions): Scale {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (low > high) [low, high] = [isLog ? 0.1 : 0, 1];
  if (low === high) [low, high] = isLog ? [low / 2, high * 2] : [low - 0.5, high + 0.5];
  const along = (value: number) => (isLog ? Math.log10(value) : value);
  const perUnit = (to - from) / (along(high) - along(low));
  const ticks = isLog ? powers(low, high) : roundTicks(low, high);
  return { place: (value) => from + (along(value) - along(low)) * perUnit, ticks };
}

/** Round numbers from `low` to `high`, about six. */
function roundTicks(low: number, high: number): number[] {
  const rough = (high - low) / 6;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((factor) => factor * unit >= rough) ?? 10) * unit;
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step);
}

/** 1, 2 and 5 times the powers of ten; the powers alone where those would be many. */
function powers(low: number, high: number): number[] {
  const factors = high / low > 1000 ? [1] : [1, 2, 5];
  const first = Math.floor(Math.log10(low));
  const exponents = Array.from(
    { length: Math.ceil(Math.log10(high)) - first + 1 },
    (_, i) => first + i,
  );
  const all = exponents.flatMap((exponent) => factors.map((factor) => factor * 10 ** exponent));
  return all.filter((tick) => tick >= low && tick <= high);
}

interface TextPlace {
  readonly x: number;
  readonly y: number;
  readonly fill: string;
  readonly more?: string;
}

function text(content: string, { x, y, fill, more = '' }: TextPlace): string {
  const escaped = content.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<text x="${round(x)}" y="${round(y)}" fill="${fill}" ${more}>${escaped}</text>`;
}

function round(value: number): number {
  return Math.round(100 * value) / 100;
}
