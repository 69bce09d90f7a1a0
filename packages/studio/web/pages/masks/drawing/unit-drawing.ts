/** Draws single units and outlines around them. */
import { resolveColour } from '../../../charts/plot/palette.js';
import type { UnitState } from '../../../masks/unit-state.js';
import { type Box, inset } from './boxes.js';

/**
 * Side of a drawing, in pixels: more than a screen shows, so that lines stay sharp on fine ones.
 */
export const drawingSide = 960;

export interface Colours {
  readonly paper: string;
  readonly ink: string;
  readonly dropped: string;
  readonly hidden: string;
  readonly window: string;
}

export function coloursOf(element: HTMLElement): Colours {
  const colour = (token: string) => resolveColour(element, token);
  return {
    paper: colour('--paper'),
    ink: colour('--ink'),
    dropped: colour('--dropped'),
    hidden: colour('--hidden'),
    window: colour('--accent'),
  };
}

export function clear(context: CanvasRenderingContext2D, { paper }: Colours): void {
  context.fillStyle = paper;
  context.fillRect(0, 0, drawingSide, drawingSide);
}

interface DrawnUnit {
  readonly state: UnitState;
  /** The part of the picture that the unit covers. */
  readonly part: Box;
  readonly box: Box;
  readonly picture: HTMLCanvasElement;
  /** Free pixels around it, half of those between two. */
  readonly gap: number;
}

export function drawUnit(
  context: CanvasRenderingContext2D,
  { state, part, box, picture, gap }: DrawnUnit,
  colours: Colours,
): void {
  const inner = inset(box, gap);
  if (state === 'visible') context.drawImage(picture, ...part, ...inner);
  if (state === 'hidden') drawToken(context, inner, colours);
  if (state !== 'dropped') return;
  const before = context.globalAlpha;
  context.fillStyle = colours.dropped;
  context.fillRect(...inner);
  // The encoder gets nothing of it; a trace lets people see what it was.
  context.globalAlpha = before * 0.09;
  context.drawImage(picture, ...part, ...inner);
  context.globalAlpha = before;
}

/** The learned token that stands for a hidden unit: hatched, as in tables. */
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
  context.strokeRect(...box);
  context.restore();
}

interface Line {
  readonly colour: string;
  /** The width in pixels of the drawing. */
  readonly width: number;
  readonly alpha?: number;
}

/** Lines at the border of the drawing stay inside of it. */
export function outline(
  context: CanvasRenderingContext2D,
  boxes: readonly Box[],
  { colour, width, alpha = 1 }: Line,
): void {
  if (alpha <= 0) return;
  context.globalAlpha = alpha;
  context.strokeStyle = colour;
  context.lineWidth = width;
  const inside = (edge: number) => Math.min(drawingSide - width / 2, Math.max(width / 2, edge));
  for (const [x, y, across, down] of boxes) {
    const [left, top] = [inside(x), inside(y)];
    context.strokeRect(left, top, inside(x + across) - left, inside(y + down) - top);
  }
  context.globalAlpha = 1;
}
