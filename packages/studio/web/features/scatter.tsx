/**
 * Images as points of the plane: the nearest one to the pointer is looked at, a click chooses it,
 * arrows move on.
 */

import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { at } from '../../shared/at.js';
import { classColours, resolveColour } from '../charts/plot/palette.js';
import { useTheme } from '../use-theme.js';
import { type Features, pictureOf, shortName, titleOf } from './features.js';
import type { Placement } from './layout.js';

interface ScatterProps {
  readonly features: Features;
  readonly placed: Placement;
  /** An image, or none. */
  readonly chosen: number | undefined;
  /** Images that are marked beside it. */
  readonly marked: readonly number[];
  /** A class that alone is shown in colour. */
  readonly highlighted: number | undefined;
  readonly onChoose: (image: number) => void;
}

const side = 640;
const margin = 16;
/** The largest distance between the pointer and a point it selects, in units of the drawing. */
const reach = 24;

export function Scatter(props: ScatterProps): JSX.Element {
  const { features, placed, chosen, onChoose } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [near, setNear] = useState<number>();
  const theme = useTheme();
  const points = useMemo(() => inDrawing(placed), [placed]);
  const shown = near ?? chosen;
  const point = near === undefined ? undefined : points.find(({ image }) => image === near);

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context) return;
    context.setTransform(2, 0, 0, 2, 0, 0);
    drawPoints(context, points, { ...props, isDark: theme === 'dark' });
  }, [points, features, chosen, props.marked, props.highlighted, theme]);

  const pointed = (event: MouseEvent) => {
    const box = canvas.current?.getBoundingClientRect();
    if (!box) return undefined;
    const scale = side / box.width;
    const at = { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
    return nearest(points, at);
  };
  return (
    <div class="scatter">
      <div class="scatter-plane">
        <canvas
          ref={canvas}
          width={2 * side}
          height={2 * side}
          tabIndex={0}
          role="img"
          aria-label={`${placed.images.length} images by their features. Arrows move from image to image.`}
          onMouseMove={(event) => setNear(pointed(event))}
          onMouseLeave={() => setNear(undefined)}
          onClick={(event) => {
            const image = pointed(event);
            if (image !== undefined) onChoose(image);
          }}
          onKeyDown={(event) => {
            const direction = arrows[event.key];
            if (!direction) return;
            event.preventDefault();
            const next = beside(points, chosen, direction);
            if (next !== undefined) onChoose(next);
          }}
        />
        {point && <Hovered features={features} point={point} />}
      </div>
      <p class="scatter-reading" aria-live="polite">
        {shown === undefined ? (
          <span class="quiet-text">Point at an image, or use the arrow keys.</span>
        ) : (
          <>
            <img src={pictureOf(features, shown)} alt="" width={48} height={48} />
            <span>
              {titleOf(features, shown)}
              <br />
              <span class="quiet-text">{shortName(features, shown)}</span>
            </span>
          </>
        )}
      </p>
    </div>
  );
}

/** The picture of the image under the pointer, beside its point. */
function Hovered({ features, point }: { features: Features; point: Point }): JSX.Element {
  const { image, x, y } = point;
  const along = (place: number) => `${((100 * place) / side).toFixed(2)}%`;
  const sides = [x > side / 2 ? 'is-left' : '', y > side / 2 ? 'is-above' : ''].join(' ');
  return (
    <img
      class={`hovered ${sides}`}
      style={{ '--x': along(x), '--y': along(y) }}
      src={pictureOf(features, image)}
      alt=""
    />
  );
}

/** An image in units of the drawing. */
interface Point {
  readonly image: number;
  readonly x: number;
  readonly y: number;
}

/** Both axes on one scale, as far apart as they are. */
function inDrawing({ images, places }: Placement): Point[] {
  const along = (axis: 0 | 1) => images.map((_, i) => at(places, 2 * i + axis));
  const [xs, ys] = [along(0), along(1)];
  const extent = (values: readonly number[]) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
    return { middle: (low + high) / 2, length: high - low };
  };
  const [x, y] = [extent(xs), extent(ys)];
  const scale = (side - 2 * margin) / (Math.max(x.length, y.length) || 1);
  return images.map((image, i) => ({
    image,
    x: side / 2 + (at(xs, i) - x.middle) * scale,
    y: side / 2 - (at(ys, i) - y.middle) * scale,
  }));
}

function drawPoints(
  context: CanvasRenderingContext2D,
  points: readonly Point[],
  options: ScatterProps & { readonly isDark: boolean },
): void {
  const { features, chosen, marked, highlighted, isDark } = options;
  const { canvas } = context;
  const [ink, quiet] = ['--ink', '--point'].map((token) => resolveColour(canvas, token));
  const colours = classColours(canvas, features.classes.length, isDark);
  const size = points.length > 2000 ? 2.2 : points.length > 300 ? 3 : 4.5;
  context.clearRect(0, 0, side, side);
  const dot = ({ x, y }: Point, radius: number) => {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
  };
  for (const point of points) {
    const label = features.labels[point.image] ?? undefined;
    const isQuiet = highlighted !== undefined && label !== highlighted;
    context.globalAlpha = isQuiet ? 0.35 : 1;
    context.fillStyle = (isQuiet || label === undefined ? quiet : colours[label]) ?? quiet ?? '';
    dot(point, size);
    context.fill();
  }
  context.globalAlpha = 1;
  context.strokeStyle = ink ?? '';
  const rings = new Set(marked);
  for (const point of points) {
    const isChosen = point.image === chosen;
    if (!isChosen && !rings.has(point.image)) continue;
    context.lineWidth = isChosen ? 2.5 : 1.2;
    dot(point, isChosen ? size + 5 : size + 2.5);
    context.stroke();
  }
}

function nearest(
  points: readonly Point[],
  at: { readonly x: number; readonly y: number },
): number | undefined {
  let [image, distance] = [undefined as number | undefined, reach];
  for (const point of points) {
    const own = Math.hypot(point.x - at.x, point.y - at.y);
    if (own < distance) [image, distance] = [point.image, own];
  }
  return image;
}

const arrows: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The nearest image in a direction; the first one, where none was chosen. */
function beside(
  points: readonly Point[],
  chosen: number | undefined,
  [dx, dy]: readonly [number, number],
): number | undefined {
  const from = points.find(({ image }) => image === chosen);
  if (!from) return points[0]?.image;
  let [image, distance] = [undefined as number | undefined, Number.POSITIVE_INFINITY];
  for (const point of points) {
    const [along, across] = [
      (point.x - from.x) * dx + (point.y - from.y) * dy,
      (point.x - from.x) * dy + (point.y - from.y) * dx,
    ];
    // Straight ahead counts as nearer than aside.
    const own = Math.hypot(along, 2 * across);
    if (point.image !== chosen && along > Math.abs(across) / 2 && own < distance)
      [image, distance] = [point.image, own];
  }
  return image;
}
