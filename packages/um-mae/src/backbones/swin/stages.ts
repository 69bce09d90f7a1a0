/** The positions of the tokens of each Swin stage, and the windows of its blocks. */
import { stack, type Tensor } from '@um-mae/torch';
import { isCompact, type Positions } from '../parts/grid/patch-grid.js';
import { windowing } from '../parts/grid/windows.js';
import type { SwinOptions } from './family.js';
import { positionPairs, type StagePositions } from './position-bias.js';
import type { WindowLayout } from './window-attention.js';

/** The positions of the tokens of one stage, and the windows of each of its blocks. */
export interface SwinStage {
  readonly places: StagePositions;
  /** The window layout of each block. */
  readonly layouts: readonly WindowLayout[];
}

/** The stages of a Swin on a grid whose finest tokens have these positions. */
export function swinStages(options: SwinOptions, positions: Positions): SwinStage[] {
  const window = options.window * (isCompact(positions) ? 1 : 2);
  let places: StagePositions = { positions, scale: 1 };
  return options.depths.map((depth, stage) => {
    if (stage > 0) places = downsamplePositions(places);
    const { plain, shifted } = windowLayouts(places, window);
    const layouts = Array.from({ length: depth }, (_, i) => (i % 2 === 0 ? plain : shifted));
    return { places, layouts };
  });
}

/** Positions of a stage in its own units, as (row, column): [batch or 1, height, width, 2] */
export function stageCoordinates({ positions: { row, column }, scale }: StagePositions): Tensor {
  return stack([row, column], { dim: -1 }).to('f32').div(scale);
}

/** The layouts of a stage's even and odd blocks. */
function windowLayouts(
  places: StagePositions,
  window: number,
): { plain: WindowLayout; shifted: WindowLayout } {
  const [, height, width] = places.positions.row.sizes(3);
  const layout = (shifted: boolean) => {
    const windows = windowing([height, width], window, shifted);
    return { windows, pairs: positionPairs(places, windows) };
  };
  return { plain: layout(false), shifted: layout(true) };
}

/** The merged token of each 2x2 group stands where its top left one stood. */
function downsamplePositions({ positions, scale }: StagePositions): StagePositions {
  const corner = (x: Tensor) => x.slice({ dim: 1, step: 2 }).slice({ dim: 2, step: 2 });
  const { row, column } = positions;
  return {
    positions: { ...positions, row: corner(row), column: corner(column) },
    scale: 2 * scale,
  };
}
