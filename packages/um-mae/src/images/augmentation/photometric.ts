/**
 * Photometric distortion of 8-bit RGB: brightness, contrast, saturation and hue, as segmentation is
 * published with.
 *
 * Source: Liu et al. 2016, arXiv:1512.02325, section 2.2, in the arithmetic of mmsegmentation 0.11
 * with OpenCV 4.6.
 */
import { type Random, randomBetween, randomInteger } from '../../random.js';

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

/** Changes [height, width, 3] in place. */
export function distortColours(pixels: Uint8Array, distortion: Distortion): void {
  const { brightness, contrast, contrastFirst, saturation, hue } = distortion;
  if (brightness !== null) changeLevels(pixels, levelTable(1, brightness));
  if (contrast !== null && contrastFirst) changeLevels(pixels, levelTable(contrast, 0));
  if (saturation !== null) changeHsv(pixels, { saturations: levelTable(saturation, 0), turn: 0 });
  if (hue !== null) changeHsv(pixels, { saturations: levelTable(1, 0), turn: hue });
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

function changeLevels(pixels: Uint8Array, table: Uint8Array): void {
  for (let i = 0; i < pixels.length; i++) pixels[i] = table[pixels[i] as number] as number;
}

/** Tables for the conversions to hue and back. */
interface HsvTables {
  readonly saturations: Int32Array;
  readonly hues: Int32Array;
  /** The sixth of the circle that each hue lies in, and how far. */
  readonly sectors: Uint8Array;
  readonly fractions: Float32Array;
}

function hsvTables(): HsvTables {
  const scale = Math.fround(6 / 180);
  const turns = Float32Array.from({ length: 180 }, (_, hue) => Math.fround(hue * scale));
  return {
    saturations: reciprocals(255),
    hues: reciprocals(30),
    sectors: Uint8Array.from(turns),
    fractions: turns.map((turn) => turn - Math.trunc(turn)),
  };
}

/** `numerator` by each number to 255, in 4096ths. */
function reciprocals(numerator: number): Int32Array {
  return Int32Array.from({ length: 256 }, (_, divisor) =>
    divisor === 0 ? 0 : Math.round((numerator * 4096) / divisor),
  );
}

/** There and back by 8-bit hue (0 to 179), saturation and value. */
function changeHsv(
  pixels: Uint8Array,
  { saturations, turn }: { readonly saturations: Uint8Array; readonly turn: number },
): void {
  const tables = hsvTables();
  for (let at = 0; at < pixels.length; at += 3) {
    const red = pixels[at] as number;
    const green = pixels[at + 1] as number;
    const blue = pixels[at + 2] as number;
    const value = Math.max(red, green, blue);
    const range = value - Math.min(red, green, blue);
    const saturation = (range * (tables.saturations[value] as number) + 2048) >> 12;
    const edge =
      value === red
        ? green - blue
        : value === green
          ? blue - red + 2 * range
          : red - green + 4 * range;
    const hue = (edge * (tables.hues[range] as number) + 2048) >> 12;
    writeRgb(pixels, at, tables, {
      hue: (hue + turn + 360) % 180,
      saturation: saturations[saturation] as number,
      value,
    });
  }
}

/** Computes in f32, and truncates. */
function writeRgb(
  pixels: Uint8Array,
  at: number,
  { sectors, fractions }: HsvTables,
  { hue, saturation, value }: { hue: number; saturation: number; value: number },
): void {
  const unit = Math.fround(1 / 255);
  const fraction = fractions[hue] as number;
  const share = Math.fround(saturation * unit);
  const bright = Math.fround(value * unit);
  const rest = Math.fround(1 - fraction);
  const v = byteOf(bright, 1);
  const p = byteOf(bright, Math.fround(1 - share));
  const q = byteOf(bright, Math.fround(1 - Math.fround(share * fraction)));
  const t = byteOf(bright, Math.fround(1 - Math.fround(share * rest)));
  const sector = sectors[hue] as number;
  pixels[at] = sector === 0 || sector === 5 ? v : sector === 1 ? q : sector === 4 ? t : p;
  pixels[at + 1] = sector === 0 ? t : sector === 1 || sector === 2 ? v : sector === 3 ? q : p;
  pixels[at + 2] = sector < 2 ? p : sector === 2 ? t : sector === 5 ? q : v;
}

function byteOf(value: number, share: number): number {
  return Math.trunc(Math.fround(Math.fround(value * share) * 255));
}
