/**
 * The text that COCO's files hold of run lengths: from the fourth on, each is written as its
 * difference to the one two places before, in groups of 5 bits, the lowest first. A group is the
 * character 48 + bits, and 32 more while others follow.
 */
import { UmMaeError } from '../../errors.js';
import type { MaskSize, RunLengths } from './run-lengths.js';

/** @returns the `counts` of COCO's compressed form */
export function runLengthText({ counts }: RunLengths): string {
  const codes: number[] = [];
  for (const [i, count] of counts.entries()) {
    let rest = i > 2 ? count - (counts[i - 2] as number) : count;
    for (let follows = true; follows; ) {
      const group = rest & 31;
      rest >>= 5;
      // The highest bit of the last group is the sign.
      follows = (group & 16) === 0 ? rest !== 0 : rest !== -1;
      codes.push(48 + group + (follows ? 32 : 0));
    }
  }
  return Buffer.from(codes).toString('latin1');
}

/** A mask in COCO's compressed form. */
export interface CompressedMask {
  readonly size: readonly [height: number, width: number];
  readonly counts: string;
}

/** A mask as COCO's files have it. */
export function compressMask(mask: RunLengths): CompressedMask {
  return { size: [mask.height, mask.width], counts: runLengthText(mask) };
}

/** @throws UmMaeError when the text is no code, or of a mask of another size */
export function parseRunLengths(text: string, size: MaskSize): RunLengths {
  const counts: number[] = [];
  for (let at = 0; at < text.length; ) {
    let [value, shift, code] = [0, 0, 0];
    do {
      code = text.charCodeAt(at++) - 48;
      if (!(code >= 0 && code < 64) || shift > 30) return refuse(text);
      value |= (code & 31) << shift;
      shift += 5;
    } while ((code & 32) !== 0);
    if ((code & 16) !== 0 && shift < 32) value |= -1 << shift;
    counts.push(counts.length > 2 ? value + (counts.at(-2) as number) : value);
  }
  return runLengths(counts, size);
}

/** Run lengths as COCO's files write them without compression. @throws UmMaeError as above */
export function runLengths(counts: readonly number[], { height, width }: MaskSize): RunLengths {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total !== height * width || counts.some((count) => !Number.isInteger(count) || count < 0)) {
    throw new UmMaeError(
      'run-lengths',
      `Expected run lengths of ${height} x ${width} pixels but got ${total} pixels.`,
    );
  }
  return { height, width, counts: Uint32Array.from(counts) };
}

function refuse(text: string): never {
  const shown = text.length > 20 ? `${text.slice(0, 20)}...` : text;
  throw new UmMaeError('run-lengths', `Expected run lengths but got \`${shown}\`.`);
}
