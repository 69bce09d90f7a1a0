/**
 * The attention bias of UM-MAE's Swin: a small MLP from the log-spaced difference of two positions
 * to one number per head. Positions are those of the full grid, so that compact and full grids, and
 * windows of any size, share one set of weights.
 *
 * Source: Li et al. 2022 (UM-MAE), arXiv:2205.10063; log spacing as in Swin V2, arXiv:2111.09883,
 * section 3.3.
 */
import { arange, cat, embedding, type Generator, stack, type Tensor } from '@um-mae/torch';
import { Conv2d, type Parameter, Relu, Sequential } from '@um-mae/torch/nn';
import type { Positions } from '../parts/grid/patch-grid.js';
import { regions, toWindows, type Windowing } from '../parts/grid/windows.js';

/**
 * The bias of a pair that a window seam separates. The softmax leaves next to nothing of such a
 * pair.
 */
const SEPARATION = -100;

/**
 * The differences of positions that can occur in one stage, and which of them each pair of tokens
 * has.
 *
 * A grid of `rows x columns` places has only `(2 rows - 1) (2 columns - 1)` distinct differences,
 * against half a million pairs in a batch of eight at 256 px: so the MLP runs on the differences,
 * and pairs look their numbers up.
 */
export interface PositionPairs {
  /** [1, 2, 2 rows - 1, 2 columns - 1], squashed (row, column) differences. */
  readonly differences: Tensor;
  /**
   * i64 [batch * windows or windows, tokens]: of a pair, `place(key) - place(query)` counted from
   * the middle of the differences in raster order is its own.
   */
  readonly places: Tensor;
  /**
   * f32 [windows, tokens]: pairs of tokens whose numbers differ are separated. None are without it.
   */
  readonly regions: Tensor | undefined;
}

/** Positions of the tokens of one stage; a merged token stands where its top left part stood. */
export interface StagePositions {
  readonly positions: Positions;
  /** Steps of the finest tokens in one unit of this stage's coordinates: 1, 2, 4, ... */
  readonly scale: number;
}

/** Looks up the difference of every pair inside every window of a stage. */
export function positionPairs(
  { positions, scale }: StagePositions,
  windowing: Windowing,
): PositionPairs {
  const { row, column, full, squareSide } = positions;
  const multiple = Math.min(scale, squareSide); // of steps, in every position of this stage
  const rows = Math.ceil(full[0] / multiple);
  const columns = Math.ceil(full[1] / multiple);
  const height = 2 * rows - 1;
  const width = 2 * columns - 1;

  const down = logDifferences(rows, multiple / scale, row.device).view([height, 1]);
  const across = logDifferences(columns, multiple / scale, row.device);
  const differences = stack([down.expand([height, width]), across.expand([height, width])]);
  return {
    differences: differences.unsqueeze(0),
    places: toWindows(row.mul(width).add(column).floorDivide(multiple), windowing),
    regions: regions(windowing, row.device),
  };
}

/** sign(d) ln(1 + |d|) for d = -(length - 1) ... length - 1, times `unit`. */
function logDifferences(length: number, unit: number, device: string): Tensor {
  const difference = arange(1 - length, length, { dtype: 'f32', device }).mul(unit);
  return difference.sign().mul(difference.abs().log1p());
}

/**
 * @returns i64 [batch * windows or windows, tokens, tokens]: for (query, key) an index into the
 *   differences; past their end the differences follow once more, for separated pairs
 */
export function pairIndices({ differences, places, regions }: PositionPairs): Tensor {
  const count = differences.elements / 2;
  const indices = places
    .unsqueeze(1)
    .sub(places.unsqueeze(2))
    .add((count - 1) / 2);
  if (!regions) return indices;
  const separated = regions.unsqueeze(1).ne(regions.unsqueeze(2)).to('i64').mul(count);
  const [windows, tokens] = regions.sizes(2);
  return indices.view([-1, windows, tokens, tokens]).add(separated).view(indices.shape);
}

/** The MLP from a difference to one number per head; every block has its own. */
export class PositionMlp extends Sequential {
  readonly #weights: readonly [Parameter, ...Parameter[]];

  constructor(channels: number, heads: number, generator: Generator) {
    const first = new Conv2d(2, channels, { kernel: 1, generator });
    const second = new Conv2d(channels, heads, { kernel: 1, generator });
    super(first, new Relu(), second);
    this.#weights = [first.weight, first.bias, second.weight, second.bias];
  }

  /** @param differences [1, 2, rows, columns]  @returns [1, heads, rows, columns] */
  override forward(differences: Tensor): Tensor {
    return super.forward(differences.to(this.#weights[0].dtype));
  }

  /** @returns the bias of every difference: [heads, differences] */
  table({ differences }: PositionPairs): Tensor {
    return this.constant('table', {
      key: differences,
      device: differences.device,
      weights: this.#weights,
      compute: () => this.forward(differences).flatten({ startDim: 2 }).at(0),
    });
  }
}

/** @returns the bias of every pair: [windows, heads, tokens, tokens] */
export function positionBias(table: Tensor, pairs: PositionPairs): Tensor {
  const both = cat([table, table.add(SEPARATION)], { dim: 1 });
  return embedding(both.t(), pairIndices(pairs)).permute([0, 3, 1, 2]);
}
