import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useTheme } from '../../use-theme.js';
import { type Colours, coloursOf, drawingSide } from './mask-drawing.js';

interface MaskCanvasProps {
  /** What the drawing says, for those who do not see it. */
  readonly label: string;
  readonly draw: (context: CanvasRenderingContext2D, colours: Colours) => void;
}

/** A square drawing, drawn again whenever `draw` is another function or other colours are shown. */
export function MaskCanvas({ label, draw }: MaskCanvasProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours follow the theme.
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (canvas.current && context) draw(context, coloursOf(canvas.current));
  }, [draw, theme]);
  return (
    <canvas
      ref={canvas}
      class="mask-canvas"
      width={drawingSide}
      height={drawingSide}
      role="img"
      aria-label={label}
    />
  );
}
