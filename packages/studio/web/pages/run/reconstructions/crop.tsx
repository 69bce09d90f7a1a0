import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Rectangle } from './sheet-pixels.js';

interface CropProps {
  readonly image: HTMLImageElement;
  readonly place: Rectangle;
  readonly label: string;
}

/** A part of an image. */
export function Crop({ image, place, label }: CropProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { x, y, width, height } = place;
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    context?.drawImage(image, x, y, width, height, 0, 0, width, height);
  }, [image, x, y, width, height]);
  return (
    <canvas
      ref={canvas}
      class="pixels"
      width={width}
      height={height}
      role="img"
      aria-label={label}
    />
  );
}

/** Pixels of a part of an image, RGBA. */
export function pixelsAt(image: HTMLImageElement, { x, y, width, height }: Rectangle): ImageData {
  const context = new OffscreenCanvas(width, height).getContext('2d');
  if (!context) return new ImageData(width, height);
  context.drawImage(image, x, y, width, height, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}
