/**
 * RoIAlign over the levels of a pyramid.
 *
 * Source: He et al. 2017 (Mask R-CNN), arXiv:1703.06870, section 3.
 */

import { TorchError } from '../addon/errors.js';
import { arange, cat, einsum, zeros, zerosLike } from '../generated/operators.js';
import { hasKernel } from '../tensor/kernels.js';
import { callOperator } from '../tensor/operator.js';
import type { Tensor } from '../tensor/tensor.js';

export interface RoiAlignOptions {
  /** Rows and columns of the result of a region. */
  readonly bins: readonly [rows: number, columns: number];
  /** Pixels of the image to a pixel of each map. */
  readonly strides: readonly number[];
  /** [count] i64: which map each region is read from. Default the first. */
  readonly levels?: Tensor | undefined;
  /**
   * Samples of a bin on each axis; 0: as many as it has pixels of the map, rounded up. Default 0.
   */
  readonly samples?: number;
  /**
   * Whether pixels have their centres at halves; without, a region is one pixel at least. Default
   * true.
   */
  readonly aligned?: boolean;
}

/**
 * The mean of bilinear samples on a regular grid in every bin of every region. A sample more than a
 * pixel outside counts 0. No gradient reaches the regions. The result has the memory format of the
 * maps: those with channels last are not turned.
 *
 * @param maps [batch, channels, height, width] each
 * @param rois [count, 5] as image, x1, y1, x2, y2
 * @returns    [count, channels, rows, columns]
 */
export function roiAlign(maps: readonly Tensor[], rois: Tensor, options: RoiAlignOptions): Tensor {
  const { bins, strides, samples = 0, aligned = true } = options;
  if (rois.elements === 0) return emptyResult(maps, bins);
  const levels = options.levels ?? zerosLike(rois.select(1, 0)).to('i64');
  if (hasKernel('um::roi_align', rois, ...maps)) {
    const scales = strides.map((stride) => 1 / stride);
    const values = [maps, rois, levels, scales, ...bins, samples, aligned];
    return callOperator('um::roi_align', ...values) as Tensor;
  }
  return composedRoiAlign(maps, rois, { bins, strides, levels, samples, aligned });
}

/** Multiplies each map by what the regions take of its rows, then of its columns. */
function composedRoiAlign(
  maps: readonly Tensor[],
  rois: Tensor,
  options: Required<RoiAlignOptions> & { readonly levels: Tensor },
): Tensor {
  const parts: { readonly places: Tensor; readonly pooled: Tensor }[] = [];
  for (const [level, map] of maps.entries()) {
    const stride = options.strides[level] ?? Number.NaN;
    for (const [image, own] of map.unbind().entries()) {
      const isHere = options.levels.eq(level).logicalAnd(rois.select(1, 0).eq(image));
      const places = isHere.nonzero().flatten();
      if (places.elements === 0) continue;
      const pooled = poolAll(own, rois.indexSelect(0, places), stride, options);
      parts.push({ places, pooled });
    }
  }
  const order = cat(parts.map(({ places }) => places));
  return cat(parts.map(({ pooled }) => pooled)).indexSelect(0, order.argsort());
}

function emptyResult(maps: readonly Tensor[], [rows, columns]: readonly [number, number]): Tensor {
  const [first] = maps;
  if (!first) throw new TorchError('roi-align', 'Expected maps to read regions from but got none.');
  const [, channels] = first.sizes(4);
  return zeros([0, channels, rows, columns], { dtype: first.dtype, device: first.device });
}

type Sides = [image: Tensor, left: Tensor, top: Tensor, right: Tensor, bottom: Tensor];

/** @param map [channels, height, width] @param rois [count, 5] */
function poolAll(
  map: Tensor,
  rois: Tensor,
  stride: number,
  options: Required<RoiAlignOptions>,
): Tensor {
  const [, height, width] = map.sizes(3);
  const [, left, top, right, bottom] = rois.unbind({ dim: 1 }) as Sides;
  const [rows, columns] = options.bins;
  const axis = { ...options, stride };
  const down = weights([top, bottom], { ...axis, bins: rows, size: height }).to(map.dtype);
  const across = weights([left, right], { ...axis, bins: columns, size: width }).to(map.dtype);
  const byRows = einsum('nbh,chw->nbcw', [down, map]);
  return einsum('nbcw,ndw->ncbd', [byRows, across]);
}

interface Axis {
  readonly bins: number;
  readonly size: number;
  readonly stride: number;
  readonly samples: number;
  readonly aligned: boolean;
}

/** The share that each bin takes of each pixel of an axis. @returns [count, bins, size] */
function weights([begin, end]: readonly [Tensor, Tensor], axis: Axis): Tensor {
  const { bins, size, stride, aligned } = axis;
  const numbers = (count: number) => arange(0, count, { dtype: 'f32', device: begin.device });
  const shift = aligned ? 0.5 : 0;
  const start = begin.div(stride).sub(shift);
  const spanned = end.div(stride).sub(shift).sub(start);
  const bin = (aligned ? spanned : spanned.clamp({ min: 1 })).div(bins);
  const counts = axis.samples > 0 ? bin.mul(0).add(axis.samples) : bin.ceil().clamp({ min: 0 });
  const most = Math.max(1, counts.amax().number());
  const sample = numbers(most)
    .add(0.5)
    .div(counts.clamp({ min: 1 }).unsqueeze(1));
  const place = numbers(bins).view([bins, 1]).add(sample.unsqueeze(1));
  const at = start
    .view([-1, 1, 1])
    .add(place.mul(bin.view([-1, 1, 1])))
    .unsqueeze(3);
  const counted = numbers(most).lt(counts.unsqueeze(1)).view([-1, 1, most, 1]);
  const inside = at.ge(-1).logicalAnd(at.le(size)).logicalAnd(counted);
  const distance = at
    .clamp({ min: 0, max: size - 1 })
    .sub(numbers(size))
    .abs();
  const share = distance.neg().add(1).clamp({ min: 0 }).mul(inside);
  return share.sum([2]).div(counts.clamp({ min: 1 }).view([-1, 1, 1]));
}
