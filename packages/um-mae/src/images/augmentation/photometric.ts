/**
 * Photometric distortion of 8-bit RGB: brightness, contrast, saturation and hue, as segmentation is
 * published with.
 *
 * Source: Liu et al. 2016, arXiv:1512.02325, section 2.2, in the arithmetic of mmsegmentation 0.11
 * with OpenCV 4.6.
 */
import { type Random, randomBetween, randomInteger } from '../../random.js';
import { type HsvTables, nativePixels } from '../native-pixels.js';

/** Changes of the colours of an image; null: none of that kind. */
export interface Distortion {
  /** Added to every level. */
  readonly brightness: number | null;
  /** A factor of every level. */
  readonly contrast: number | null;
  /** Whether contrast changes before saturation and hue do, or after. */
  readonly contrastFirst: boolean;
  /** A factor of saturation. */
  readonly saturation: number | null;
  /** Added to the hue, in steps of two degrees. */
  readonly hue: number | null;
}

/** Each change is drawn with a probability of one half. */
export function drawDistortion(random: Random): Distortion {
  const maybe = (draw: () => number) => (random() < 0.5 ? draw() : null);
  const factor = () => randomBetween(random, 0.5, 1.5);
  const brightness = maybe(() => randomBetween(random, -32, 32));
  const contrastFirst = random() < 0.5;
  const early = contrastFirst ? maybe(factor) : null;
  const saturation = maybe(factor);
  const hue = maybe(() => randomInteger(random, 36) - 18);
  const contrast = contrastFirst ? early : maybe(factor);
  return { brightness, contrast, contrastFirst, saturation, hue };
}

/** The loops over pixels, which the addon has, too. */
type ColourLoops = Pick<NonNullable<typeof nativePixels>, 'changeHsv' | 'changeLevels'>;

/** Changes [height, width, 3] in place. */
export function distortColours(
  pixels: Uint8Array,
  distortion: Distortion,
  { changeHsv, changeLevels }: ColourLoops = nativePixels ?? loopsHere,
): void {
  const { brightness, contrast, contrastFirst, saturation, hue } = distortion;
  if (brightness !== null) changeLevels(pixels, levelTable(1, brightness));
  if (contrast !== null && contrastFirst) changeLevels(pixels, levelTable(contrast, 0));
  if (saturation !== null) {
    changeHsv(pixels, levelTable(saturation, 0), 0, hsvTables());
  }
  if (hue !== null) changeHsv(pixels, levelTable(1, 0), hue, hsvTables());
  if (contrast !== null && !contrastFirst) changeLevels(pixels, levelTable(contrast, 0));
}

/** Levels after a factor and a summand: cut off at both ends, and truncated. */
function levelTable(factor: number, summand: number): Uint8Array {
  const [scale, shift] = [Math.fround(factor), Math.fround(summand)];
  return Uint8Array.from({ length: 256 }, (_, level) => {
    const moved = Math.fround(Math.fround(level * scale) + shift);
    return Math.min(Math.max(moved, 0), 255);
  });
}

/** The loops that the addon is tested against, and that run where it is not built. */
export const loopsHere: ColourLoops = { changeHsv: changeHsvHere, changeLevels: changeLevelsHere };

function changeLevelsHere(pixels: Uint8Array, table: Uint8Array): void {
  for (let i = 0; i < pixels.length; i++) pixels[i] = table[pixels[i] as number] as number;
}

/** The channels of the largest, the smallest and the middle level in each sixth of the circle. */
const sixths = [
  [0, 2, 1],
  [1, 2, 0],
  [1, 0, 2],
  [2, 0, 1],
  [2, 1, 0],
  [0, 1, 2],
] as const;

function hsvTables(): HsvTables {
  const scale = Math.fround(6 / 180);
  const turns = Float32Array.from({ length: 180 }, (_, hue) => hue * scale);
  const levels = Array.from({ length: 256 }, (_, level) => level);
  return {
    saturations: reciprocals(255),
    hues: reciprocals(30),
    levels: Uint8Array.from(levels, (level) => Math.fround(Math.fround(level * unit) * 255)),
    shares: turns.map((turn) => {
      const fraction = Math.fround(turn - Math.trunc(turn));
      return Math.trunc(turn) % 2 === 1 ? fraction : 1 - fraction;
    }),
    channels: Uint8Array.from([...turns].flatMap((turn) => sixths[Math.trunc(turn)] ?? [])),
  };
}

/** `numerator` by each number to 255, in 4096ths. */
function reciprocals(numerator: number): Int32Array {
  return Int32Array.from({ length: 256 }, (_, divisor) =>
    divisor === 0 ? 0 : Math.round((numerator * 4096) / divisor),
  );
}

const unit = Math.fround(1 / 255);

/** There and back by 8-bit hue (0 to 179), saturation and value; back in f32, truncated. */
function changeHsvHere(
  pixels: Uint8Array,
  moved: Uint8Array,
  turn: number,
  tables: HsvTables,
): void {
  for (let at = 0; at < pixels.length; at += 3) {
    const red = pixels[at] as number;
    const green = pixels[at + 1] as number;
    const blue = pixels[at + 2] as number;
    const most = Math.max(red, green, blue);
    const range = most - Math.min(red, green, blue);
    const before = (range * (tables.saturations[most] as number) + 2048) >> 12;
    let edge: number;
    if (most === red) edge = green - blue;
    else if (most === green) edge = blue - red + 2 * range;
    else edge = red - green + 4 * range;
    const from = (edge * (tables.hues[range] as number) + 2048) >> 12;
    const hue = (from + turn + 360) % 180;

    const saturation = Math.fround((moved[before] as number) * unit);
    const value = Math.fround(most * unit);
    const share = Math.fround(1 - Math.fround(saturation * (tables.shares[hue] as number)));
    const smallest = Math.fround(Math.fround(value * Math.fround(1 - saturation)) * 255);
    const middle = Math.fround(Math.fround(value * share) * 255);
    // Arrays of bytes truncate.
    pixels[at + (tables.channels[3 * hue] as number)] = tables.levels[most] as number;
    pixels[at + (tables.channels[3 * hue + 1] as number)] = smallest;
    pixels[at + (tables.channels[3 * hue + 2] as number)] = middle;
  }
}
