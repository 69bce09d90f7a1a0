/**
 * The tags of the first image of a TIFF file that say what its samples are.
 *
 * Source: Adobe, TIFF Revision 6.0, section 8 and pages 31, 38, 76, 80; BigTIFF of libtiff 4.
 */

/** Kinds of samples, by the numbers of the tag SampleFormat. */
export type SampleFormat = 'unsigned' | 'signed' | 'float' | 'other';

/** Facts about the samples of a TIFF file. */
export interface TiffTags {
  /** Samples of a pixel. */
  readonly bands: number;
  /** Bits of each sample; the largest where they differ. */
  readonly bits: number;
  readonly format: SampleFormat;
  /** The tag PhotometricInterpretation. */
  readonly photometric: number;
  /** The tag Compression, in which 6 and 7 are JPEG. */
  readonly compression: number;
  /** Whether each band lies by itself, not pixel by pixel. */
  readonly isPlanar: boolean;
  readonly isTiled: boolean;
  /** The tag ExtraSamples, in which 1 and 2 are opacity. */
  readonly extra: readonly number[];
  /** The tag MaxSampleValue, where the file has it. */
  readonly largest: number | undefined;
  /** Whether this is a camera's raw file, whose first image is a small preview. */
  readonly isRaw: boolean;
}

const tag = {
  subfileType: 254,
  bits: 258,
  compression: 259,
  photometric: 262,
  bands: 277,
  largest: 281,
  planes: 284,
  tileWidth: 322,
  subImages: 330,
  extra: 338,
  format: 339,
  dngVersion: 50_706,
} as const;

const formats: Readonly<Record<number, SampleFormat>> = {
  1: 'unsigned',
  2: 'signed',
  3: 'float',
  4: 'unsigned',
};

/** Bytes of a number, by the type of a tag. */
const widths: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8 };

/** More numbers than any tag here has. */
const mostNumbers = 64;

/** The tags of a file; undefined for what is no TIFF, or a damaged one, which its decoder tells. */
export function tiffTags(bytes: Buffer): TiffTags | undefined {
  try {
    const file = openTiff(bytes);
    return file && readTags(file);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A copy of a TIFF file whose first image has another PhotometricInterpretation. */
export function withPhotometric(bytes: Buffer, value: number): Buffer {
  const copy = Buffer.from(bytes);
  const file = openTiff(copy);
  const at = file && entriesOf(file).find((entry) => number(file, entry, 2) === tag.photometric);
  if (!file || at === undefined) return copy;
  const place = at + (file.isBig ? 12 : 8);
  if (file.isLittle) copy.writeUInt16LE(value, place);
  else copy.writeUInt16BE(value, place);
  return copy;
}

interface TiffFile {
  readonly bytes: Buffer;
  readonly isLittle: boolean;
  /** Whether offsets have 8 bytes. */
  readonly isBig: boolean;
}

function openTiff(bytes: Buffer): TiffFile | undefined {
  const order = bytes.toString('latin1', 0, 2);
  if (bytes.length < 16 || (order !== 'II' && order !== 'MM')) return undefined;
  const isLittle = order === 'II';
  const version = isLittle ? bytes.readUInt16LE(2) : bytes.readUInt16BE(2);
  return version === 42 || version === 43 ? { bytes, isLittle, isBig: version === 43 } : undefined;
}

function number(file: TiffFile, at: number, width: number): number {
  const { bytes, isLittle } = file;
  if (width < 8) return isLittle ? bytes.readUIntLE(at, width) : bytes.readUIntBE(at, width);
  return Number(isLittle ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
}

/** The places of all entries of the first image. */
function entriesOf(file: TiffFile): number[] {
  const { isBig } = file;
  const start = number(file, isBig ? 8 : 4, isBig ? 8 : 4);
  const count = number(file, start, isBig ? 8 : 2);
  const [first, size] = isBig ? [start + 8, 20] : [start + 2, 12];
  // A damaged count leads beyond the file, which `number` tells.
  number(file, first + Math.max(0, count - 1) * size, 2);
  return Array.from({ length: count }, (_, i) => first + i * size);
}

function readTags(file: TiffFile): TiffTags {
  const found = new Map(
    entriesOf(file).map((at) => [number(file, at, 2), numbersAt(file, at)] as const),
  );
  const one = (name: keyof typeof tag, fallback: number) => found.get(tag[name])?.[0] ?? fallback;
  const isPreview = (one('subfileType', 0) & 1) === 1 && found.has(tag.subImages);
  const isCanon = file.bytes.toString('latin1', 8, 10) === 'CR';
  return {
    bands: one('bands', 1),
    bits: Math.max(1, ...(found.get(tag.bits) ?? [])),
    format: formats[one('format', 1)] ?? 'other',
    photometric: one('photometric', 1),
    compression: one('compression', 1),
    isPlanar: one('planes', 1) === 2 && one('bands', 1) > 1,
    isTiled: found.has(tag.tileWidth),
    extra: found.get(tag.extra) ?? [],
    largest: found.get(tag.largest)?.[0],
    isRaw: found.has(tag.dngVersion) || isPreview || isCanon,
  };
}

/** The numbers of the tag whose entry begins at `at`; none of a type that has no whole numbers. */
function numbersAt(file: TiffFile, at: number): readonly number[] {
  const { isBig } = file;
  const width = widths[number(file, at + 2, 2)];
  const count = number(file, at + 4, isBig ? 8 : 4);
  if (width === undefined || count > mostNumbers) return [];
  const value = at + (isBig ? 12 : 8);
  const room = isBig ? 8 : 4;
  const place = width * count <= room ? value : number(file, value, room);
  return Array.from({ length: count }, (_, i) => number(file, place + i * width, width));
}
