/** The three figures: the image under its mask, what the encoder gets of it, and how full its windows are. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { resolveColour } from '../charts/palette.js';
import { useTheme } from '../use-theme.js';
import type { DrawnMask } from './layout.js';
import { type Cell, compactGrid, type Grid, keptByWindow, type UnitState } from './mask.js';
import { pictureSide } from './picture.js';

/** An image, and its mask. */
export interface Masked extends DrawnMask {
  readonly picture: OffscreenCanvas;
}

/** Drawn with two pixels of the canvas for each of `pictureSide`, for fine lines on every screen. */
const scale = 2;

type Context = CanvasRenderingContext2D;
type Colours = Readonly<Record<'dropped' | 'hidden' | 'paper' | 'ink' | 'line' | 'accent', string>>;

/** The image in place: dropped units are blank, hidden ones hatched, cells outlined. */
export function MaskedImage({ masked }: { readonly masked: Masked }): JSX.Element {
  const { grid, states, cell } = masked;
  const kept = states.filter((state) => state !== 'dropped').length;
  return (
    <Drawing
      label={`The image under its mask: ${kept} of ${states.length} patches are kept`}
      draw={(context, colours) => {
        const at = placesIn(grid, pictureSide);
        for (const [unit, state] of states.entries()) {
          drawUnit(context, colours, masked, { unit, state, ...at(unit) });
        }
        outline(context, grid, [1, 1], { colour: colours.paper, width: 1 });
        if (cell) outline(context, grid, cell, { colour: colours.ink, width: 1.5 });
      }}
      of={[masked]}
    />
  );
}

interface EncoderInputProps {
  readonly masked: Masked;
  /** Kept units in the order of the compact grid, or one after the other where there is none. */
  readonly order: readonly number[];
  /** Columns of that order. */
  readonly columns: number;
  /** Side of the windows, in units of the compact grid; undefined where there is none. */
  readonly window: number | undefined;
  /** From 0, where units stand in the image, to 1, where the encoder has them. */
  readonly together: number;
}

/** Kept units on their way from the image to the encoder. */
export function EncoderInput(props: EncoderInputProps): JSX.Element {
  const { masked, order, columns, window, together } = props;
  const { grid, states, cell } = masked;
  const rows = Math.ceil(order.length / columns);
  return (
    <Drawing
      label={
        cell
          ? `What the encoder gets: a grid of ${rows} x ${columns} patches`
          : `What the encoder gets: a set of ${order.length} patches`
      }
      draw={(context, colours) => {
        const from = placesIn(grid, pictureSide);
        const { size } = from(0);
        // In the middle, as large as in the image: how much less it is can be seen.
        const left = (pictureSide - columns * size) / 2;
        const top = (pictureSide - rows * size) / 2;
        for (const [place, unit] of order.entries()) {
          const [x, y] = [
            left + (place % columns) * size,
            top + Math.floor(place / columns) * size,
          ];
          const start = from(unit);
          const between = (a: number, b: number) => a + (b - a) * ease(together);
          drawUnit(context, colours, masked, {
            ...{ unit, size, state: states[unit] ?? 'visible' },
            ...{ x: between(start.x, x), y: between(start.y, y) },
          });
        }
        if (together < 1) return;
        const frame = { left, top, size };
        outline(context, { rows, columns }, [1, 1], { ...frame, colour: colours.paper, width: 1 });
        if (window === undefined) return;
        const line = { colour: colours.accent, width: 3 };
        outline(context, { rows, columns }, [window, window], { ...frame, ...line });
      }}
      of={[masked, order, columns, window, together]}
    />
  );
}

interface WindowCountsProps {
  readonly masked: Masked;
  /** Rows and columns of units of the image that one window covers. */
  readonly region: Cell;
}

/** How many kept patches every window of the image has. */
export function WindowCounts({ masked, region }: WindowCountsProps): JSX.Element {
  const { grid, states } = masked;
  const counts = keptByWindow(states, grid, region);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return (
    <Drawing
      label={`Kept patches in each of ${counts.length} windows: from ${least} to ${most}`}
      draw={(context, colours) => {
        const { columns } = compactGrid(grid, region);
        const unit = pictureSide / grid.columns;
        const [height, width] = [region[0] * unit, region[1] * unit];
        const font = getComputedStyle(context.canvas).fontFamily;
        context.font = `600 ${Math.round(Math.min(width, height) / 3.2)}px ${font}`;
        context.textAlign = 'center';
        context.textBaseline = 'middle';
        for (const [window, count] of counts.entries()) {
          const [x, y] = [(window % columns) * width, Math.floor(window / columns) * height];
          context.globalAlpha = 0.05 + 0.45 * (count / Math.max(1, most)) ** 3;
          context.fillStyle = colours.accent;
          context.fillRect(x, y, width, height);
          context.globalAlpha = 1;
          context.fillStyle = colours.ink;
          context.fillText(String(count), x + width / 2, y + height / 2);
        }
        outline(context, grid, region, { colour: colours.line, width: 2 });
      }}
      of={[masked, region.join()]}
    />
  );
}

interface DrawingProps {
  readonly label: string;
  readonly draw: (context: Context, colours: Colours) => void;
  /** What the drawing is of: it is made anew when this changes. */
  readonly of: readonly unknown[];
}

function Drawing({ label, draw, of }: DrawingProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context) return;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, pictureSide, pictureSide);
    draw(context, coloursOf(element));
  }, [...of, theme]);
  const side = pictureSide * scale;
  return <canvas ref={canvas} width={side} height={side} role="img" aria-label={label} />;
}

function coloursOf(element: HTMLElement): Colours {
  const colour = (token: string) => resolveColour(element, `--${token}`);
  return {
    dropped: colour('dropped'),
    hidden: colour('hidden'),
    paper: colour('paper'),
    ink: colour('ink'),
    line: colour('line'),
    accent: colour('accent'),
  };
}

/** Where each place of a grid is, in a square. */
function placesIn({ columns }: Grid, side: number) {
  const size = side / columns;
  return (place: number) => ({
    ...{ size, x: (place % columns) * size, y: Math.floor(place / columns) * size },
  });
}

interface DrawnUnit {
  readonly unit: number;
  readonly state: UnitState;
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

function drawUnit(
  context: Context,
  { dropped, hidden, paper }: Colours,
  { picture, grid }: Masked,
  { unit, state, x, y, size }: DrawnUnit,
): void {
  if (state === 'dropped') {
    context.fillStyle = dropped;
    context.fillRect(x, y, size, size);
    return;
  }
  const from = placesIn(grid, pictureSide)(unit);
  if (state === 'visible') {
    context.drawImage(picture, from.x, from.y, from.size, from.size, x, y, size, size);
    return;
  }
  context.save();
  context.beginPath();
  context.rect(x, y, size, size);
  context.clip();
  context.fillStyle = paper;
  context.fillRect(x, y, size, size);
  context.strokeStyle = hidden;
  context.lineWidth = 2.5;
  context.beginPath();
  for (let along = -size; along < size; along += 6) {
    context.moveTo(x + along, y + size);
    context.lineTo(x + along + size, y);
  }
  context.stroke();
  context.restore();
}

interface Outline {
  readonly colour: string;
  readonly width: number;
  readonly left?: number;
  readonly top?: number;
  /** Of one place of the grid; by default the grid fills the figure. */
  readonly size?: number;
}

/** Lines around all cells of a grid. */
function outline(context: Context, grid: Grid, cell: Cell, options: Outline): void {
  const { colour, width, left = 0, top = 0, size = pictureSide / grid.columns } = options;
  const { rows, columns } = compactGrid(grid, cell);
  const [down, across] = [cell[0] * size, cell[1] * size];
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  for (let row = 0; row <= rows; row++) {
    context.moveTo(left, top + row * down);
    context.lineTo(left + columns * across, top + row * down);
  }
  for (let column = 0; column <= columns; column++) {
    context.moveTo(left + column * across, top);
    context.lineTo(left + column * across, top + rows * down);
  }
  context.stroke();
}

/** Slow at both ends. */
function ease(share: number): number {
  return share * share * (3 - 2 * share);
}
