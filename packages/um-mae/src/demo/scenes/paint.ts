/** Colours and textures of the rendered scenes. */
import { type Random, randomBetween, randomInteger } from '../../random.js';

/** Red, green and blue, 0 ... 255. */
export type Colour = readonly [number, number, number];

/** The colour at a pixel. */
export type Paint = (x: number, y: number) => Colour;

export interface ScenePaints {
  readonly background: Paint;
  /** One for each shape of the figure. */
  readonly parts: readonly Paint[];
}

/**
 * A plain ground of middle lightness, and parts that are clearly lighter or darker, each for
 * itself.
 */
export function randomPaints(random: Random, parts: number): ScenePaints {
  const hue = randomBetween(random, 0, 360);
  const ground = randomBetween(random, 0.42, 0.7);
  const lightness = () =>
    random() < 0.5
      ? randomBetween(random, ground + 0.16, 0.95)
      : randomBetween(random, 0.15, ground - 0.16);
  const background = colourOf(ground, randomBetween(random, 0.02, 0.07), hue);
  return {
    background: () => background,
    parts: Array.from({ length: parts }, () => {
      const chroma = randomBetween(random, 0.09, 0.16);
      return texture(random, lightness(), chroma, hue + randomBetween(random, 60, 300));
    }),
  };
}

/** Two close colours in a random pattern: plain, gradient, stripes, dots or checks. */
function texture(random: Random, lightness: number, chroma: number, hue: number): Paint {
  const a = colourOf(lightness, chroma, hue);
  const b = colourOf(lightness + 0.07, chroma, hue + 12);
  const angle = randomBetween(random, 0, Math.PI);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const period = randomBetween(random, 5, 11);
  const wave = (2 * Math.PI) / period;
  const along = (x: number, y: number) => x * cos + y * sin;
  const across = (x: number, y: number) => y * cos - x * sin;
  const patterns: ((x: number, y: number) => number)[] = [
    () => 0,
    (x, y) => along(x - 32, y - 32) / 45,
    (x, y) => 4 * Math.sin(wave * along(x, y)),
    (x, y) => 3 * (Math.cos(wave * along(x, y)) + Math.cos(wave * across(x, y)) - 0.8),
    (x, y) => 6 * Math.sin(0.6 * wave * along(x, y)) * Math.sin(0.6 * wave * across(x, y)),
  ];
  const pattern = patterns[randomInteger(random, patterns.length)] ?? (() => 0);
  return (x, y) => mix(a, b, 0.5 + 0.5 * Math.max(-1, Math.min(1, pattern(x, y))));
}

/** Mixes two colours, from `a` (share 0) to `b` (share 1). */
export function mix(a: Colour, b: Colour, share: number): Colour {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

/**
 * sRGB of a colour in OKLCH, where equal steps look equal: lightness 0 ... 1, chroma 0 ... 0.3, hue
 * in degrees.
 *
 * Source: Ottosson 2020, "A perceptual color space for image processing".
 */
function colourOf(lightness: number, chroma: number, hue: number): Colour {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    encode(4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short),
    encode(-1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short),
    encode(-0.0041960863 * long - 0.7034186147 * middle + 1.707614701 * short),
  ];
}

/** Linear light 0 ... 1 -> sRGB level 0 ... 255. */
function encode(light: number): number {
  const clipped = Math.max(0, Math.min(1, light));
  return 255 * (clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055);
}
