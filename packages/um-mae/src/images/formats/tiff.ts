/**
 * TIFF files whose samples are not plain colours: more bands than three, floats, and ranges of
 * their own.
 *
 * - Of more than three bands, the first three are red, green and blue, of two the first is grey; a
 *   further one is opacity only where the file says so (the tag ExtraSamples).
 * - Floats from 0 to 1 are levels in parts of the brightest, those up to 255 are levels.
 * - Samples of 16 bits whose largest value the file tells (MaxSampleValue) reach white there.
 * - What no tag gives a meaning on a screen is refused: signed samples, 32-bit integers, other
 *   floats.
 */
import type { OutputInfo, Sharp } from 'sharp';
import type { RgbImage } from '../geometry/resize.js';
import { UnreadableImage } from '../unreadable-image.js';
import type { TiffTags } from './tiff-tags.js';

const photometricGrey = [0, 1];
const photometricWhiteIsZero = 0;
/** The tag PhotometricInterpretation of red, green and blue. */
export const photometricRgb = 2;
const photometricCmyk = 5;
const photometricYcbcr = 6;
const photometricLab = [8, 9, 10];
const compressionJpeg = [6, 7];
/** Colours of a camera's sensor, not yet of pixels. */
const photometricSensor = [32_803, 34_892];

/** Rounding of floats beyond their range. */
const slack = 1e-3;

/** Levels of floats that are bright enough to be levels of 255 and no exposure of a lamp. */
const brightest = { least: 8, most: 255.5 } as const;

/**
 * @throws UnreadableImage naming samples that have no meaning on a screen, or that their decoder
 *   takes for others
 */
export function checkTiff(tags: TiffTags): void {
  const { bits, format, photometric, bands, extra, isRaw } = tags;
  const misread = misreadKind(tags);
  if (misread !== undefined) throw new UnreadableImage(`a TIFF of ${misread}`);
  if (isRaw || photometricSensor.includes(photometric)) {
    throw new UnreadableImage(
      'a raw file of a camera, which is not read (develop it to JPEG, TIFF or PNG)',
    );
  }
  const isPlain = format === 'unsigned' && [1, 2, 4, 8, 16].includes(bits);
  const isFloat = format === 'float' && bits === 32;
  const inks = photometric === photometricCmyk && bands > 4 && !extra.some(isOpacity);
  if ((isPlain || isFloat) && !inks) return;
  const kind = { unsigned: 'unsigned', signed: 'signed', float: 'float', other: 'complex' }[format];
  throw new UnreadableImage(
    inks
      ? `a TIFF of ${bands} inks, which have no meaning on a screen (convert it to RGB)`
      : `a TIFF of ${kind} samples of ${bits} bits, which no range says the white of (convert it to 8 bits)`,
  );
}

/**
 * Names what libvips shows in wrong colours, or refuses as if it were damaged; undefined for what
 * it reads right.
 */
function misreadKind(tags: TiffTags): string | undefined {
  const { bits, photometric, compression, isPlanar, isTiled } = tags;
  if (isPlanar && (isTiled || photometricGrey.includes(photometric))) {
    return 'bands that lie apart, which is not read (join them, as `gdal_translate -co INTERLEAVE=PIXEL` does)';
  }
  if (photometric === photometricYcbcr && !compressionJpeg.includes(compression)) {
    return 'YCbCr colours without JPEG, which is not read (convert it to RGB)';
  }
  const isLab = photometricLab.includes(photometric) && bits === 8;
  return isLab ? 'CIELAB colours, which is not read (convert it to RGB)' : undefined;
}

/**
 * Whether three bands or more lie apart and are called grey, as those of satellites are: libvips
 * reads them right when they are called colours, which is how they are shown.
 */
export function areColoursApart({ bands, photometric, isPlanar, isTiled }: TiffTags): boolean {
  const isGrey = photometricGrey.includes(photometric) && photometric !== photometricWhiteIsZero;
  return isPlanar && !isTiled && bands >= 3 && isGrey;
}

/** Whether a TIFF has to be read sample by sample. */
export function hasOwnSamples({
  bands,
  format,
  photometric,
  extra,
  largest,
  bits,
}: TiffTags): boolean {
  const colours = photometricGrey.includes(photometric) ? 1 : 3;
  const isColour = colours === 1 || photometric === photometricRgb;
  const isRanged = bits === 16 && largest !== undefined && largest > 255 && largest < 65_535;
  return format === 'float' || isRanged || (isColour && (bands > colours || extra.length > 0));
}

/**
 * Reads samples as the tags say.
 *
 * @param image the file, not yet decoded
 * @throws UnreadableImage where floats have no range that is known
 */
export async function decodeSamples(image: Sharp, tags: TiffTags): Promise<RgbImage> {
  const { data, info } = await samplesOf(image, tags);
  const bands = channelsOf(tags, info.channels);
  const scale = scaleOf(data, info, bands.colours, tags);
  const pixels = info.width * info.height;
  const rgb = new Uint8Array(pixels * 3);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const first = pixel * info.channels;
    const opacity = bands.opacity === undefined ? 1 : level(data, first + bands.opacity) / 255;
    for (const [i, band] of bands.colours.entries()) {
      const own = scale(level(data, first + band));
      const over = own * opacity + 255 * (1 - opacity);
      rgb[pixel * 3 + i] = Math.max(0, Math.min(255, Math.round(over)));
    }
  }
  return { width: info.width, height: info.height, data: rgb };
}

type Samples = Float32Array;

function level(samples: Samples, at: number): number {
  return samples[at] ?? Number.NaN;
}

/** Whether an extra sample is opacity. */
function isOpacity(extra: number): boolean {
  return extra === 1 || extra === 2;
}

async function samplesOf(
  image: Sharp,
  { format, photometric, bits, largest }: TiffTags,
): Promise<{ data: Samples; info: OutputInfo }> {
  // Each of these leaves the numbers as they are: others would take floats for light.
  const isRgb = photometric === photometricRgb;
  const floats = isRgb ? 'scrgb' : 'srgb';
  const integers = bits === 16 && largest !== undefined ? 'rgb16' : 'srgb';
  const { data, info } = await image
    .toColourspace(format === 'float' ? floats : integers)
    .raw({ depth: 'float' })
    .toBuffer({ resolveWithObject: true });
  return { data: new Float32Array(Uint8Array.from(data).buffer), info };
}

interface Channels {
  /** Three places among the channels of a pixel. */
  readonly colours: readonly [number, number, number];
  readonly opacity: number | undefined;
}

/** Grey has been repeated: then the second band is the fourth channel. */
function channelsOf({ bands, photometric, extra }: TiffTags, channels: number): Channels {
  const isRepeated = photometricGrey.includes(photometric) && channels === bands + 2;
  const placeOf = (band: number) => (isRepeated && band > 0 ? band + 2 : band);
  const firstExtra = bands - extra.length;
  const found = extra.findIndex(isOpacity);
  const opacity = found < 0 ? undefined : placeOf(firstExtra + found);
  const plain = bands - (found < 0 ? 0 : 1);
  const colours = plain < 3 ? ([0, 0, 0] as const) : ([0, placeOf(1), placeOf(2)] as const);
  return { colours, opacity };
}

/** The function from a sample to a level from 0 to 255. */
function scaleOf(
  data: Samples,
  info: OutputInfo,
  colours: readonly number[],
  { format, largest, photometric }: TiffTags,
): (sample: number) => number {
  if (format !== 'float')
    return (sample) => (largest === undefined ? sample : (255 * sample) / largest);
  const [low, high] = rangeOf(data, info.channels, colours);
  if (!Number.isFinite(low + high)) {
    throw new UnreadableImage('a TIFF of floats some of which are no numbers');
  }
  const isShare = low >= -slack && high <= 1 + slack;
  const isLevel = low >= -slack && high >= brightest.least && high <= brightest.most;
  if (!isShare && !isLevel) {
    throw new UnreadableImage(
      `a TIFF of floats from ${low.toPrecision(3)} to ${high.toPrecision(3)}, which is neither 0 to 1 nor 0 to 255 (scale it to one of them)`,
    );
  }
  const scale = isShare ? 255 : 1;
  const isInverted = photometric === photometricWhiteIsZero;
  return (sample) => (isInverted ? 255 - sample * scale : sample * scale);
}

function rangeOf(data: Samples, channels: number, colours: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let first = 0; first < data.length; first += channels) {
    for (const band of colours) {
      const sample = level(data, first + band);
      if (!Number.isFinite(sample)) return [Number.NaN, Number.NaN];
      low = Math.min(low, sample);
      high = Math.max(high, sample);
    }
  }
  return [low, high];
}
