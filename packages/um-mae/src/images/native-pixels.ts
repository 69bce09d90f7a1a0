/**
 * The addon that decodes parts of JPEG images, resizes and turns, where it is built. Without it,
 * slower code gives the same pixels.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { prebuiltAddon } from '@um-mae/torch/prebuilt';
import { setupCommand } from '@um-mae/torch/setup-command';
import { UmMaeError } from '../errors.js';

/**
 * Weights for every output place: the first input place it reads, and `taps` fixed-point weights
 * from there on.
 */
export interface Kernels {
  readonly taps: number;
  readonly starts: Int32Array;
  /** [outputs, taps] */
  readonly weights: Int32Array;
}

/** The input place before each output place, and the weights of both its neighbours in 2048ths. */
export interface Taps {
  readonly places: Int32Array;
  readonly nears: Int32Array;
  readonly fars: Int32Array;
}

/** Tables of `photometric.ts`. */
export interface HsvTables {
  /** 255 and 30 by each number, in 4096ths. */
  readonly saturations: Int32Array;
  readonly hues: Int32Array;
  /** A level as a share, times 255 again: in f32 it is not always itself. */
  readonly levels: Uint8Array;
  /** The share of saturation that the middle channel of each hue lacks. */
  readonly shares: Float32Array;
  /** The channels of the largest, the smallest and the middle level, for each hue. */
  readonly channels: Uint8Array;
}

interface NativePixels {
  /**
   * Width and height; undefined for what is better left to sharp: no JPEG, turned, CMYK, cut off.
   */
  jpegSize(bytes: Uint8Array): readonly [number, number] | undefined;
  /** False when the decoder has anything to complain of. */
  decodeJpegRegion(
    bytes: Uint8Array,
    left: number,
    top: number,
    width: number,
    height: number,
    output: Uint8Array,
  ): boolean;
  /** `input` begins at the first pixel that the kernels read; its rows are `stride` bytes apart. */
  resample(
    input: Uint8Array,
    stride: number,
    across: Kernels,
    down: Kernels,
    output: Uint8Array,
  ): void;
  /** `input` begins at the source, of `height` rows that are `stride` bytes apart. */
  resampleBilinear(
    input: Uint8Array,
    stride: number,
    height: number,
    across: Taps,
    down: Taps,
    output: Uint8Array,
  ): void;
  /** Writes the pixels of `output` that show a point inside the image, [height, width, 3] both. */
  transformAffine(
    image: Uint8Array,
    width: number,
    height: number,
    matrix: Float64Array,
    isBicubic: boolean,
    output: Uint8Array,
  ): void;
  /** Sends saturations through `moved`, and turns hues, from -180 to 180; in place. */
  changeHsv(pixels: Uint8Array, moved: Uint8Array, turn: number, tables: HsvTables): void;
  /** Sends each level through a table, in place. */
  changeLevels(pixels: Uint8Array, table: Uint8Array): void;
}

/** Ends of the process by signals, which the addon without libtorch has, too. */
export interface NativeSignals {
  /**
   * Stands before Node's handlers, which get the first signal: a second one ends the process,
   * whatever it does, and so does the first where nobody listens. What is unfinished goes.
   *
   * @param exitCodes of a process that the first signal ends
   * @param isHeard whether JavaScript listens for each
   * @param words lines for a process at rest, for a busy one, and for one where nobody listens
   */
  watchSignals(
    numbers: readonly number[],
    exitCodes: readonly number[],
    isHeard: readonly boolean[],
    words: readonly string[],
  ): void;
  /** Says whether the first signal is to end the process within a second, too. */
  setAtRest(atRest: boolean): void;
  /** Says whether a file or folder goes with a process that a signal ends. */
  setUnfinished(path: string, isUnfinished: boolean): void;
}

function load(): (NativePixels & NativeSignals) | undefined {
  const own = fileURLToPath(new URL('../../build/pixels.node', import.meta.url));
  const addon = existsSync(own) ? own : prebuiltAddon('pixels.node');
  if (addon === undefined) return undefined;
  try {
    return createRequire(import.meta.url)(addon);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `Expected ${addon} to load but got: ${reason}.\n\`${setupCommand}\` builds it again.`;
    throw new UmMaeError('load', message, { cause });
  }
}

export const nativePixels: (NativePixels & NativeSignals) | undefined = load();
