/**
 * Draws a mask over a picture: where units stand in the image, and how they move to where the
 * encoder has them.
 */
import { windowOf } from '../../../masks/windows.js';
import { type Box, between, isInside, tiles } from './boxes.js';
import type { DrawnMask } from './drawn-mask.js';
import { type Colours, clear, drawingSide, drawUnit, outline } from './unit-drawing.js';

export interface Scene {
  readonly picture: HTMLCanvasElement;
  readonly mask: DrawnMask;
  /**
   * The progress from 0, where units stand in the image, to 1, where the encoder has the kept ones.
   */
  readonly progress: number;
  /** The window that is drawn strongly; undefined draws no lines at all, for small pictures. */
  readonly followed: number | undefined;
}

/** Splits the progress of the animation: dropped units leave first, then kept ones move. */
function phases(progress: number): { readonly leaving: number; readonly moving: number } {
  const way = Math.min(1, Math.max(0, (progress - 0.25) / 0.75));
  return { leaving: Math.min(1, progress / 0.3), moving: way * way * (3 - 2 * way) };
}

export function drawScene(context: CanvasRenderingContext2D, scene: Scene, colours: Colours): void {
  clear(context, colours);
  drawUnits(context, scene, colours);
  if (scene.followed !== undefined)
    drawLines(context, { ...scene, followed: scene.followed }, colours);
}

function drawUnits(
  context: CanvasRenderingContext2D,
  { picture, mask, progress, followed }: Scene,
  colours: Colours,
): void {
  const { states, grid } = mask;
  const { leaving, moving } = phases(progress);
  const gap = followed === undefined ? 0 : 1;
  const parts = tiles(grid, [1, 1], picture.width);
  const draw = (unit: number, box: Box) => {
    const [state, part] = [states[unit], parts[unit]];
    if (state && part) drawUnit(context, { state, part, box, picture, gap }, colours);
  };
  context.globalAlpha = 1 - leaving;
  for (const [unit, box] of tiles(grid, [1, 1], drawingSide).entries()) {
    if (states[unit] === 'dropped') draw(unit, box);
  }
  context.globalAlpha = 1;
  for (const [unit, box] of keptBoxes(mask, moving)) draw(unit, box);
}

function drawLines(
  context: CanvasRenderingContext2D,
  { mask, progress, followed }: Scene & { readonly followed: number },
  colours: Colours,
): void {
  const { leaving, moving } = phases(progress);
  // A cell shrinks to the token that stands for it.
  const alpha = 0.35 * (1 - moving);
  outline(context, cellBoxes(mask, moving), { colour: colours.ink, width: 2, alpha });
  // A list has no windows: only their tokens are left.
  const isList = mask.cell === undefined;
  const windows = windowBoxes(mask, moving);
  const [first] = windows;
  outline(context, windows, {
    colour: colours.window,
    width: first ? Math.min(5, first[2] / 16) : 0,
    alpha: isList ? 1 - leaving : 1,
  });
  const isFollowed = (unit: number) => windowOf(unit, mask.grid, mask.window) === followed;
  const tokens = keptBoxes(mask, moving).filter(([unit]) => isFollowed(unit));
  const strong =
    isList && leaving > 0 ? tokens.map(([, box]) => box) : windows.slice(followed, followed + 1);
  outline(context, strong, { colour: colours.paper, width: 15 });
  outline(context, strong, { colour: colours.ink, width: 8 });
}

/**
 * @param point in the drawing
 * @returns the unit that is drawn there
 */
export function unitAt(
  { mask, progress }: Pick<Scene, 'mask' | 'progress'>,
  point: readonly [x: number, y: number],
): number | undefined {
  const { leaving, moving } = phases(progress);
  const kept = keptBoxes(mask, moving).find(([, box]) => isInside(box, point));
  if (kept || leaving > 0) return kept?.[0];
  const unit = tiles(mask.grid, [1, 1], drawingSide).findIndex((box) => isInside(box, point));
  return unit < 0 ? undefined : unit;
}

function keptBoxes({ grid, packing }: DrawnMask, moving: number): (readonly [number, Box])[] {
  const from = tiles(grid, [1, 1], drawingSide);
  const to = tiles(packing.grid, [1, 1], drawingSide);
  return packing.order.flatMap((unit, place) => {
    const [start, end] = [from[unit], to[place]];
    return start && end ? [[unit, between(start, end, moving)] as const] : [];
  });
}

function cellBoxes({ grid, cell, packing }: DrawnMask, moving: number): Box[] {
  if (!cell) return [];
  const to = tiles(packing.grid, [1, 1], drawingSide);
  return tiles(grid, cell, drawingSide).map((box, i) => between(box, to[i] ?? box, moving));
}

function windowBoxes({ grid, cell, window, packing }: DrawnMask, moving: number): Box[] {
  const from = tiles(grid, window, drawingSide);
  if (!cell) return from;
  const to = tiles(packing.grid, [window[0] / cell[0], window[1] / cell[1]], drawingSide);
  return from.map((box, i) => between(box, to[i] ?? box, moving));
}
