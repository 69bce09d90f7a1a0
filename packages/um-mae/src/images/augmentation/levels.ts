/** Operations that give each level of a channel another one, equal to Pillow's to the bit. */
import type { RgbImage } from '../geometry/resize.js';
import { blend, greyLevel } from './blend.js';

/**
 * Maps a level 0 ... 255 to a new one. The result may lie outside that range and is clipped later.
 */
type LevelMap = (level: number) => number;

/** Inverts levels: black becomes white. */
export const invert: LevelMap = (level) => 255 - level;

/** Keeps the highest `bits` bits, 0 ... 8. */
export function posterize(bits: number): LevelMap {
  const kept = 256 - 2 ** (8 - bits);
  return (level) => level & kept;
}

/** Inverts levels from `threshold` on. */
export function solarize(threshold: number): LevelMap {
  return (level) => (level < threshold ? level : 255 - level);
}

/** Adds to dark levels, those below 128. */
export function solarizeAdd(amount: number): LevelMap {
  return (level) => (level < 128 ? level + amount : level);
}

/** Multiplies levels by a factor: black at 0, unchanged at 1. */
export function brightness(factor: number): LevelMap {
  return (level) => blend(0, level, factor);
}

/** The flat mean brightness of the image at 0, unchanged at 1. */
export function contrast({ data, width, height }: RgbImage, factor: number): LevelMap {
  let sum = 0;
  for (let pixel = 0; pixel < data.length; pixel += 3) sum += greyLevel(data, pixel);
  const mean = Math.trunc(sum / (width * height) + 0.5);
  return (level) => blend(mean, level, factor);
}

/** Stretches each channel so that its darkest level becomes 0 and its brightest 255. */
export function autoContrast(image: RgbImage): LevelMap[] {
  return histograms(image).map((counts) => {
    const darkest = counts.findIndex((count) => count > 0);
    const brightest = counts.findLastIndex((count) => count > 0);
    if (brightest <= darkest) return (level) => level;
    const scale = 255 / (brightest - darkest);
    return (level) => level * scale - darkest * scale;
  });
}

/** Maps each channel so that its levels become about equally frequent. */
export function equalize(image: RgbImage): LevelMap[] {
  return histograms(image).map((counts) => {
    const brightest = counts.findLast((count) => count > 0) ?? 0;
    const step = Math.floor((image.width * image.height - brightest) / 255);
    // Hardly more than one level: nothing to spread.
    if (step === 0) return (level) => level;
    let darker = Math.floor(step / 2);
    const spread = Array.from(counts, (count) => {
      const level = Math.floor(darker / step);
      darker += count;
      return level;
    });
    return (level) => spread[level] as number;
  });
}

/** Pixels of each level, of each channel. */
function histograms({ data }: RgbImage): Uint32Array[] {
  return [0, 1, 2].map((channel) => {
    const counts = new Uint32Array(256);
    for (let byte = channel; byte < data.length; byte += 3) {
      const level = data[byte] as number;
      counts[level] = (counts[level] as number) + 1;
    }
    return counts;
  });
}

/**
 * @param maps one for all channels, or one for each
 * @returns [height, width, 3]
 */
export function mapLevels({ data }: RgbImage, maps: LevelMap | readonly LevelMap[]): Uint8Array {
  const each = typeof maps === 'function' ? [maps, maps, maps] : maps;
  const [red, green, blue] = each.map(tableOf) as [Uint8Array, Uint8Array, Uint8Array];
  const output = new Uint8Array(data.length);
  for (let pixel = 0; pixel < data.length; pixel += 3) {
    output[pixel] = red[data[pixel] as number] as number;
    output[pixel + 1] = green[data[pixel + 1] as number] as number;
    output[pixel + 2] = blue[data[pixel + 2] as number] as number;
  }
  return output;
}

/** Tabulates a map of levels. Fractions are cut off. */
function tableOf(map: LevelMap): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, level) => Math.max(0, Math.min(255, map(level))));
}
