import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { SeenObject } from 'um-mae/detect';
import type { ImageSize } from '../model/protocol.js';

export interface LayerProps {
  readonly objects: readonly SeenObject[];
  /** The size of the image that boxes and masks are in pixels of. */
  readonly image: ImageSize;
}

/** Longer side of what is drawn, some twice that of the image on the page. */
const layerPixels = 960;

/** Height of letters, and of the field around them. */
const letters = { pixels: 22, field: 28 } as const;

/** Boxes, masks, and where there is room names with scores, over an image; the best on top. */
export function ObjectsLayer({ objects, image }: LayerProps): JSX.Element {
  const place = useRef<HTMLCanvasElement>(null);
  const scale = layerPixels / Math.max(image.height, image.width);
  useEffect(() => {
    const context = place.current?.getContext('2d');
    if (!context) return;
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    for (const object of objects.toReversed()) drawObject(context, object, scale);
  }, [objects, scale]);
  const named = objects.map(({ name, score }) => `${name} ${score.toFixed(2)}`);
  return (
    <canvas
      ref={place}
      class="mask"
      role="img"
      aria-label={named.join(', ') || 'no objects'}
      width={Math.ceil(image.width * scale)}
      height={Math.ceil(image.height * scale)}
    />
  );
}

/** Hues as far apart as they can be: steps of the golden angle. */
export function colourOf(label: number): string {
  return `hsl(${Math.round(label * 137.508 + 210) % 360} 80% 55%)`;
}

function drawObject(
  context: CanvasRenderingContext2D,
  { label, name, score, box, mask }: SeenObject,
  scale: number,
): void {
  const colour = colourOf(label);
  const [left, top, right, bottom] = box.map((side) => side * scale) as [
    number,
    number,
    number,
    number,
  ];
  if (mask) drawMask(context, mask, { colour, scale });
  context.strokeStyle = colour;
  context.lineWidth = 3;
  context.strokeRect(left, top, right - left, bottom - top);
  const text = `${name} ${score.toFixed(2)}`;
  context.font = `${letters.pixels}px sans-serif`;
  const { width } = context.measureText(text);
  // Names of small objects would hide their neighbours; the legend has the colours.
  if (width > 2 * (right - left)) return;
  const from = Math.max(0, top - letters.field);
  context.fillStyle = colour;
  context.fillRect(left - 1, from, width + 8, letters.field);
  context.fillStyle = 'black';
  context.fillText(text, left + 3, from + letters.pixels);
}

function drawMask(
  context: CanvasRenderingContext2D,
  mask: NonNullable<SeenObject['mask']>,
  { colour, scale }: { readonly colour: string; readonly scale: number },
): void {
  const { left, top, width, height, pixels } = mask;
  if (pixels.length === 0) return;
  const layer = new OffscreenCanvas(width, height);
  const own = layer.getContext('2d');
  if (!own) return;
  const image = own.createImageData(width, height);
  for (const [i, pixel] of pixels.entries()) image.data[4 * i + 3] = 255 * pixel;
  own.putImageData(image, 0, 0);
  own.globalCompositeOperation = 'source-in';
  own.fillStyle = colour;
  own.fillRect(0, 0, width, height);
  context.globalAlpha = 0.45;
  context.drawImage(layer, left * scale, top * scale, width * scale, height * scale);
  context.globalAlpha = 1;
}
