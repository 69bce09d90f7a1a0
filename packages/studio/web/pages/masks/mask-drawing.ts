/** Draws masks over a picture: where units stand in the image, and how they move to where the encoder has them. */
import { faint, resolveColour } from '../../charts/palette.js';
import type { Packing } from '../../masks/compact.js';
import type { Cell, Grid, UnitState } from '../../masks/unit-state.js';

export interface Scene {
  readonly picture: HTMLCanvasElement;
  readonly grid: Grid;
  readonly states: readonly UnitState[];
  /** Outlined groups of units: their rows and columns in the image. */
  readonly cell?: Cell | undefined;
  readonly window?: Cell | undefined;
}

export interface Colours {
  readonly paper: string;
  readonly dropped: string;
  readonly hidden: string;
  readonly window: string;
  readonly cell: string;
}

/** A rectangle, in pixels. */
type Box = readonly [x: number, y: number, width: number, height: number];

/** Side of a drawing, in pixels: more than a screen shows, so that lines stay sharp on fine ones. */
export const drawingSide = 960;
/** Line widths, of the drawing. */
const [gap, line] = [2, 5];

export function coloursOf(element: HTMLElement): Colours {
  const colour = (token: string) => resolveColour(element, token);
  return {
    paper: colour('--sunken'),
    dropped: colour('--dropped'),
    hidden: colour('--hidden'),
    window: colour('--accent'),
    cell: colour('--ink'),
  };
}

/** The image: kept units as they are, the others faint. */
export function drawMasked(
  context: CanvasRenderingContext2D,
  scene: Scene,
  colours: Colours,
): void {
  clear(context, colours);
  for (const unit of scene.states.keys())
    drawUnit(context, scene, { unit, colours, box: placed(scene.grid, unit) });
  const cells = scene.cell ? groups(scene.grid, scene.cell) : [];
  outline(
    context,
    cells.map((box) => scaled(box, scene.grid)),
    { colour: faint(colours.cell), width: 3 },
  );
  const windows = scene.window ? groups(scene.grid, scene.window) : [];
  outline(
    context,
    windows.map((box) => scaled(box, scene.grid)),
    { colour: colours.window, width: line },
  );
}

/**
 * Kept units on their way from the image into their packing.
 *
 * @param progress from 0, where they stand in the image, to 1, where the encoder has them
 */
export function drawPacked(
  context: CanvasRenderingContext2D,
  {
    packing,
    progress,
    colours,
    ...scene
  }: Scene & { packing: Packing; progress: number; colours: Colours },
): void {
  clear(context, colours);
  const { grid, states } = scene;
  // Dropped units go first, then the others move.
  const [leaving, moving] = [Math.min(1, progress / 0.3), eased((progress - 0.25) / 0.75)];
  context.globalAlpha = 1 - leaving;
  for (const [unit, state] of states.entries()) {
    if (state === 'dropped') drawUnit(context, scene, { unit, colours, box: placed(grid, unit) });
  }
  context.globalAlpha = 1;
  for (const [place, unit] of packing.order.entries()) {
    const box = between(placed(grid, unit), packed(packing.grid, place), moving);
    drawUnit(context, scene, { unit, colours, box });
  }
  // Outlines of cells shrink to the one token that stands for each; a list has lost them.
  const fade = (colour: string, alpha: number) => ({ colour, alpha });
  if (scene.cell) {
    const from = groups(grid, scene.cell).map((box) => scaled(box, grid));
    const boxes = from.map((box, place) => between(box, packed(packing.grid, place), moving));
    outline(context, boxes, { ...fade(faint(colours.cell), 1 - moving), width: 3 });
  }
  if (scene.window) {
    const boxes = windowBoxes(scene.window, { ...scene, packing, moving });
    const alpha = scene.cell ? 1 : 1 - leaving;
    outline(context, boxes, { ...fade(colours.window, alpha), width: line });
  }
}

function windowBoxes(
  window: Cell,
  {
    grid,
    cell,
    packing,
    moving,
  }: Pick<Scene, 'grid' | 'cell'> & { packing: Packing; moving: number },
): Box[] {
  const from = groups(grid, window).map((box) => scaled(box, grid));
  if (!cell) return from;
  const compact: Cell = [window[0] / cell[0], window[1] / cell[1]];
  const to = groups(packing.grid, compact).map((box) => scaled(box, packing.grid));
  return from.map((box, i) => between(box, to[i] ?? box, moving));
}

function clear(context: CanvasRenderingContext2D, { paper }: Colours): void {
  context.fillStyle = paper;
  context.fillRect(0, 0, drawingSide, drawingSide);
}

function drawUnit(
  context: CanvasRenderingContext2D,
  { picture, grid, states }: Scene,
  { unit, box, colours }: { unit: number; box: Box; colours: Colours },
): void {
  const [x, y, width, height] = inset(box);
  const state = states[unit];
  if (state === 'hidden') drawToken(context, [x, y, width, height], colours);
  const [left, top, across, down] = scaled(
    [unit % grid.columns, Math.floor(unit / grid.columns), 1, 1],
    grid,
    picture.width,
  );
  if (state === 'visible') context.drawImage(picture, left, top, across, down, x, y, width, height);
  if (state !== 'dropped') return;
  const before = context.globalAlpha;
  context.fillStyle = colours.dropped;
  context.fillRect(x, y, width, height);
  // The encoder gets nothing of it; a trace lets people see what it was.
  context.globalAlpha = before * 0.16;
  context.drawImage(picture, left, top, across, down, x, y, width, height);
  context.globalAlpha = before;
}

/** The learned token that stands for a hidden unit: hatched, as in the legend. */
function drawToken(context: CanvasRenderingContext2D, box: Box, { paper, hidden }: Colours): void {
  const [x, y, width, height] = box;
  context.save();
  context.beginPath();
  context.rect(...box);
  context.clip();
  context.fillStyle = paper;
  context.fillRect(...box);
  context.strokeStyle = hidden;
  context.lineWidth = width / 8;
  context.beginPath();
  for (let shift = -height; shift < width; shift += width / 3.5) {
    context.moveTo(x + shift, y + height);
    context.lineTo(x + shift + height, y);
  }
  context.stroke();
  context.strokeRect(x, y, width, height);
  context.restore();
}

function outline(
  context: CanvasRenderingContext2D,
  boxes: readonly Box[],
  { colour, width, alpha = 1 }: { colour: string; width: number; alpha?: number },
): void {
  if (alpha <= 0) return;
  context.globalAlpha = alpha;
  context.strokeStyle = colour;
  context.lineWidth = width;
  for (const [x, y, w, h] of boxes) {
    // Lines at the border stay inside.
    const [left, top] = [Math.max(x, width / 2), Math.max(y, width / 2)];
    const [right, foot] = [x + w, y + h].map((edge) => Math.min(edge, drawingSide - width / 2));
    context.strokeRect(left, top, (right ?? 0) - left, (foot ?? 0) - top);
  }
  context.globalAlpha = 1;
}

/** Groups of units that tile a grid, in units, in raster order. */
function groups({ rows, columns }: Grid, [height, width]: Cell): Box[] {
  const across = columns / width;
  return Array.from({ length: across * (rows / height) }, (_, i) => [
    (i % across) * width,
    Math.floor(i / across) * height,
    width,
    height,
  ]);
}

function placed(grid: Grid, unit: number): Box {
  return scaled([unit % grid.columns, Math.floor(unit / grid.columns), 1, 1], grid);
}

/** The same, in a grid of other rows and columns. */
const packed = placed;

/** From units to pixels: the longer side of the grid fills the drawing, the other stands in the middle. */
function scaled([x, y, width, height]: Box, { rows, columns }: Grid, side = drawingSide): Box {
  const unit = side / Math.max(rows, columns);
  const [left, top] = [(side - columns * unit) / 2, (side - rows * unit) / 2];
  return [left + x * unit, top + y * unit, width * unit, height * unit];
}

function inset([x, y, width, height]: Box): Box {
  return [x + gap / 2, y + gap / 2, width - gap, height - gap];
}

function between(from: Box, to: Box, share: number): Box {
  const at = (i: 0 | 1 | 2 | 3) => from[i] + (to[i] - from[i]) * share;
  return [at(0), at(1), at(2), at(3)];
}

function eased(share: number): number {
  const inside = Math.min(1, Math.max(0, share));
  return inside * inside * (3 - 2 * inside);
}
