/**
 * The logits of an image, from the whole of it or from windows that slide over it, whose logits are
 * averaged where they overlap.
 *
 * Source: Li et al. 2022 (UM-MAE), published segmentation; windows as in mmsegmentation.
 */
import { noGrad, scope, type Tensor, tensor, zeros } from '@um-mae/torch';
import { at } from '../../../at.js';
import type { ImageSize } from '../../../backbones/backbone.js';
import type { Segmentor } from '../../../heads/segmentation/segmentor.js';
import { type RowSource, resizedMap, wholeMap } from './row-source.js';

/** The parts of an image that are shown at once: all of it, or windows of one size. */
export type Windows =
  | { readonly kind: 'whole' }
  | { readonly kind: 'slide'; readonly crop: ImageSize; readonly stride: ImageSize };

/** A part of an image, and what the network says of it. */
interface Window {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
  /** Logits at the stride of the network, enlarged when rows are wanted. */
  readonly logits: RowSource;
}

/**
 * The places where windows begin along an axis: the last one ends at the edge, and one that is
 * longer than the axis is cut.
 */
export function windowStarts(length: number, crop: number, stride: number): number[] {
  const count = Math.max(Math.ceil((length - crop) / stride), 0) + 1;
  return Array.from({ length: count }, (_, i) => Math.max(0, Math.min(i * stride, length - crop)));
}

/**
 * Logits of one image, [classes, height, width], a strip at a time. Whoever makes them disposes of
 * them.
 */
export class WindowedLogits implements RowSource, Disposable {
  readonly height: number;
  readonly width: number;
  readonly #windows: readonly Window[];
  readonly #kept: readonly Tensor[];

  /** @param image f32 [1, 3, height, width], normalised */
  constructor(model: Segmentor, image: Tensor, windows: Windows) {
    const [, , height, width] = image.sizes(4);
    this.height = height;
    this.width = width;
    const crop = windows.kind === 'whole' ? { height, width } : windows.crop;
    const stride = windows.kind === 'whole' ? crop : windows.stride;
    const kept: Tensor[] = [];
    this.#windows = windowStarts(height, crop.height, stride.height).flatMap((top) =>
      windowStarts(width, crop.width, stride.width).map((left): Window => {
        const size = {
          height: Math.min(crop.height, height - top),
          width: Math.min(crop.width, width - left),
        };
        const part = image.narrow(2, top, size.height).narrow(3, left, size.width);
        const { logits, source } = logitsOf(model, part);
        kept.push(logits);
        return { top, left, ...size, logits: source };
      }),
    );
    this.#kept = kept;
  }

  rows(from: number, to: number): Tensor {
    return scope(() => {
      const touching = this.#windows.filter(({ top, height }) => top < to && from < top + height);
      const [first] = this.#kept;
      const classes = at(first?.shape ?? [], 0);
      const device = first?.device ?? 'cpu';
      const sum = zeros([classes, to - from, this.width], { dtype: 'f32', device });
      for (const { top, left, height, width, logits } of touching) {
        scope(() => {
          const [begin, end] = [Math.max(from, top), Math.min(to, top + height)];
          const rows = logits.rows(begin - top, end - top).narrow(2, 0, width);
          sum
            .narrow(1, begin - from, end - begin)
            .narrow(2, left, width)
            .add_(rows);
        });
      }
      return sum.div(this.#coverage(from, to, device));
    });
  }

  /** Counts the windows that show each place: f32 [to - from, width] */
  #coverage(from: number, to: number, device: string): Tensor {
    const distinct = (starts: readonly number[]) => [...new Set(starts)];
    const rows = distinct(this.#windows.map(({ top }) => top));
    const columns = distinct(this.#windows.map(({ left }) => left));
    const { height = 0, width = 0 } = this.#windows[0] ?? {};
    const count = (starts: readonly number[], size: number, place: number) =>
      starts.filter((start) => start <= place && place < start + size).length;
    const down = Array.from({ length: to - from }, (_, i) => count(rows, height, from + i));
    const across = Array.from({ length: this.width }, (_, i) => count(columns, width, i));
    const vector = (numbers: readonly number[]) => tensor(numbers, { dtype: 'f32', device });
    return vector(down).unsqueeze(-1).mul(vector(across));
  }

  [Symbol.dispose](): void {
    for (const logits of this.#kept) logits.dispose();
  }
}

/** The logits of a part of an image; parts that are too small are padded with the mean colour. */
function logitsOf(model: Segmentor, part: Tensor): { logits: Tensor; source: RowSource } {
  const [, , height, width] = part.sizes(4);
  const padded = {
    height: Math.max(height, model.leastSize.height),
    width: Math.max(width, model.leastSize.width),
  };
  const logits = scope(() =>
    noGrad(() => {
      const [right, below] = [padded.width - width, padded.height - height];
      const input = right + below > 0 ? part.constantPadNd([0, right, 0, below]) : part;
      return model.forward(input).decode.at(0).to('f32').contiguous();
    }),
  );
  logits.keep();
  const { alignCorners } = model.options.head;
  return { logits, source: resizedMap(wholeMap(logits), padded, alignCorners) };
}
