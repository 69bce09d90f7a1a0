/** The numbers that a PNG file stores, as they are: indices, levels of any depth, colours. */
import { UnreadableImage } from '../unreadable-image.js';
import { type PngFile, pngChannels } from './png-file.js';

/** The place of the pixels of a pass in the image: the first one, and the steps to the next. */
interface Pass {
  readonly left: number;
  readonly top: number;
  readonly across: number;
  readonly down: number;
}

const whole: readonly Pass[] = [{ left: 0, top: 0, across: 1, down: 1 }];

/** Adam7: section 8.1 of the specification. */
const interlaced: readonly Pass[] = [
  { left: 0, top: 0, across: 8, down: 8 },
  { left: 4, top: 0, across: 8, down: 8 },
  { left: 0, top: 4, across: 4, down: 8 },
  { left: 2, top: 0, across: 4, down: 4 },
  { left: 0, top: 2, across: 2, down: 4 },
  { left: 1, top: 0, across: 2, down: 2 },
  { left: 0, top: 1, across: 1, down: 2 },
];

/**
 * @returns [height, width, channels]
 * @throws UnreadableImage when rows are missing
 */
export function pngNumbers(png: PngFile): Uint8Array | Uint16Array {
  const { width, height, bits, colour } = png;
  const channels = pngChannels[colour];
  const output = new (bits === 16 ? Uint16Array : Uint8Array)(width * height * channels);
  let from = 0;
  for (const pass of png.interlaced ? interlaced : whole) {
    const columns = Math.ceil((width - pass.left) / pass.across);
    const rows = Math.ceil((height - pass.top) / pass.down);
    if (columns <= 0 || rows <= 0) continue;
    const bytes = Math.ceil((columns * channels * bits) / 8);
    const end = from + rows * (bytes + 1);
    if (end > png.rows.length) throw new UnreadableImage('truncated');
    const filtered = png.rows.subarray(from, end);
    removeFilters(filtered, { bytes, step: Math.max(1, (channels * bits) / 8) });
    for (let row = 0; row < rows; row++) {
      const line = filtered.subarray(row * (bytes + 1) + 1, (row + 1) * (bytes + 1));
      const to = ((pass.top + row * pass.down) * width + pass.left) * channels;
      spread(line, bits, { output, to, columns, channels, across: pass.across });
    }
    from = end;
  }
  return output;
}

/** Writes the numbers of a row, whose pixels are `across` apart in the output. */
function spread(
  line: Uint8Array,
  bits: number,
  place: {
    readonly output: Uint8Array | Uint16Array;
    readonly to: number;
    readonly columns: number;
    readonly channels: number;
    readonly across: number;
  },
): void {
  const { output, to, columns, channels, across } = place;
  if (bits === 8 && across === 1) {
    output.set(line, to);
    return;
  }
  const most = (1 << bits) - 1;
  for (let number = 0; number < columns * channels; number++) {
    const channel = number % channels;
    const at = to + (number - channel) * across + channel;
    if (bits === 16) {
      output[at] = ((line[2 * number] as number) << 8) | (line[2 * number + 1] as number);
    } else {
      const first = number * bits;
      const shift = 8 - bits - (first & 7);
      output[at] = ((line[first >> 3] as number) >> shift) & most;
    }
  }
}

/**
 * Undoes the filter of every row in place: section 9 of the specification.
 *
 * @param rows of `bytes`, each behind the number of its filter
 */
function removeFilters(
  rows: Uint8Array,
  { bytes, step }: { readonly bytes: number; readonly step: number },
): void {
  const stride = bytes + 1;
  for (let start = 0; start < rows.length; start += stride) {
    const kind = rows[start];
    const above = start === 0 ? undefined : rows.subarray(start + 1 - stride, start);
    const row = rows.subarray(start + 1, start + stride);
    if (kind === 1) addLeft(row, step);
    else if (kind === 2) addAbove(row, above);
    else if (kind === 3) addAverage(row, above, step);
    else if (kind === 4) addPaeth(row, above, step);
    else if (kind !== 0)
      throw new UnreadableImage('damaged (a filter that the format does not know)');
  }
}

function addLeft(row: Uint8Array, step: number): void {
  for (let i = step; i < row.length; i++) row[i] = (row[i] as number) + (row[i - step] as number);
}

function addAbove(row: Uint8Array, above: Uint8Array | undefined): void {
  if (!above) return;
  for (let i = 0; i < row.length; i++) row[i] = (row[i] as number) + (above[i] as number);
}

function addAverage(row: Uint8Array, above: Uint8Array | undefined, step: number): void {
  for (let i = 0; i < row.length; i++) {
    const left = i < step ? 0 : (row[i - step] as number);
    const up = above ? (above[i] as number) : 0;
    row[i] = (row[i] as number) + ((left + up) >> 1);
  }
}

function addPaeth(row: Uint8Array, above: Uint8Array | undefined, step: number): void {
  if (!above) {
    addLeft(row, step);
    return;
  }
  for (let i = 0; i < row.length; i++) {
    const left = i < step ? 0 : (row[i - step] as number);
    const up = above[i] as number;
    const corner = i < step ? 0 : (above[i - step] as number);
    row[i] = (row[i] as number) + nearestOf(left, up, corner);
  }
}

/** The Paeth predictor. */
function nearestOf(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
