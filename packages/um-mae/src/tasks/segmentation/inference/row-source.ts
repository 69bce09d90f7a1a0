/**
 * Maps of logits that are enlarged a strip of rows at a time, so that never all of them are large.
 */
import { type Tensor, tensor, upsampleBilinear2d } from '@um-mae/torch';

/** A map of which any rows can be had. */
export interface RowSource {
  readonly height: number;
  readonly width: number;
  /** @returns [classes, to - from, width] */
  rows(from: number, to: number): Tensor;
}

/** A map [classes, height, width] that is there as a whole. */
export function wholeMap(map: Tensor): RowSource {
  const [, height, width] = map.sizes(3);
  return { height, width, rows: (from, to) => map.narrow(1, from, to - from) };
}

/** A map that is resized bilinearly when rows of it are wanted; as `resizeMap` does. */
export function resizedMap(
  source: RowSource,
  { height, width }: { readonly height: number; readonly width: number },
  alignCorners: boolean,
): RowSource {
  if (source.height === height && source.width === width) return source;
  return {
    height,
    width,
    rows(from, to) {
      const mixed = source.height === height ? source.rows(from, to) : mixRows(from, to);
      const wide = upsampleBilinear2d(mixed.unsqueeze(0), [to - from, width], alignCorners);
      return wide.at(0);
    },
  };

  function mixRows(from: number, to: number): Tensor {
    const places = Array.from({ length: to - from }, (_, i) =>
      placeOf(from + i, [source.height, height], alignCorners),
    );
    const first = Math.floor(Math.min(...places));
    const last = Math.min(Math.floor(Math.max(...places)) + 1, source.height - 1);
    const strip = source.rows(first, last + 1);
    const { device } = strip;
    const pick = (rows: readonly number[]) =>
      strip.indexSelect(1, tensor(rows, { dtype: 'i64', device }));
    const lower = pick(places.map((place) => Math.floor(place) - first));
    const upper = pick(places.map((place) => Math.min(Math.floor(place) + 1, last) - first));
    const share = tensor(
      places.map((place) => place - Math.floor(place)),
      { dtype: 'f32', device },
    );
    return lower.add(upper.sub(lower).mul(share.unsqueeze(-1)));
  }
}

/** The place of the centre of row `i` of the larger map on the smaller one, in rows. */
function placeOf(i: number, [from, to]: readonly [number, number], alignCorners: boolean): number {
  if (alignCorners) return to > 1 ? (i * (from - 1)) / (to - 1) : 0;
  return Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
}
