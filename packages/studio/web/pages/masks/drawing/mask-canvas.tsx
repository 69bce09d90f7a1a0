import type { JSX, TargetedPointerEvent } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useTheme } from '../../../use-theme.js';
import { type Colours, coloursOf, drawingSide } from './unit-drawing.js';

interface MaskCanvasProps {
  /** The description of the drawing for screen readers. */
  readonly label: string;
  readonly draw: (context: CanvasRenderingContext2D, colours: Colours) => void;
  /** Called with the position of the pointer, in pixels of the drawing. */
  readonly onPoint?: (point: readonly [x: number, y: number]) => void;
}

/** A square drawing, drawn again whenever `draw` is another function or other colours are shown. */
export function MaskCanvas({ label, draw, onPoint }: MaskCanvasProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (canvas.current && context) draw(context, coloursOf(canvas.current));
  }, [draw, theme]);
  const point = ({ offsetX, offsetY, currentTarget }: TargetedPointerEvent<HTMLCanvasElement>) => {
    const scale = drawingSide / currentTarget.clientWidth;
    onPoint?.([offsetX * scale, offsetY * scale]);
  };
  return (
    <canvas
      ref={canvas}
      class="mask-canvas"
      width={drawingSide}
      height={drawingSide}
      role="img"
      aria-label={label}
      onPointerMove={point}
      onPointerDown={point}
    />
  );
}
