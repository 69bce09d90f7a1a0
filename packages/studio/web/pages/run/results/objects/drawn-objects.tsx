/** An image with boxes and masks over it. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type {
  ComparedImage,
  ObjectBox,
  ObjectMask,
} from '../../../../../shared/protocol/detection-results.js';
import { resolveColour } from '../../../../charts/plot/palette.js';
import { useTheme } from '../../../../use-theme.js';
import { maskRuns } from './mask-runs.js';

/** An object in one of the colours of the style sheet. */
interface DrawnObject {
  readonly box: ObjectBox;
  readonly mask: ObjectMask | undefined;
  readonly tone: string;
  readonly text: string;
}

interface DrawnProps {
  readonly image: ComparedImage;
  readonly title: string;
  readonly objects: readonly DrawnObject[];
  readonly hasMasks: boolean;
}

export function DrawnObjects({ image, title, objects, hasMasks }: DrawnProps): JSX.Element {
  const { path, width, height, picture } = image;
  return (
    <figure>
      <div class="drawn">
        <img src={`data:image/jpeg;base64,${picture}`} alt={`${title} of ${path}`} />
        {hasMasks && <Masks image={image} objects={objects} />}
        <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
          {objects.map(({ box: [left, top, across, down], tone, text }) => (
            <rect
              key={`${text} ${left} ${top} ${across} ${down}`}
              class={tone}
              x={left}
              y={top}
              width={across}
              height={down}
            >
              <title>{text}</title>
            </rect>
          ))}
        </svg>
      </div>
      <figcaption>
        {title}: {objects.length} {objects.length === 1 ? 'object' : 'objects'}
      </figcaption>
    </figure>
  );
}

/** A side that is enough for a picture of this page. */
const mostPixels = 640;

/** The masks in full colours; the layer as a whole lets the image through. */
function Masks({ image, objects }: Pick<DrawnProps, 'image' | 'objects'>): JSX.Element {
  const place = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  const { width, height } = image;
  const scale = Math.min(1, mostPixels / Math.max(width, height));
  useEffect(() => {
    const canvas = place.current;
    const context = canvas?.getContext('2d');
    if (!canvas || !context) return;
    context.clearRect(0, 0, canvas.width, canvas.height);
    for (const { mask, tone } of objects) {
      if (!mask) continue;
      context.fillStyle = resolveColour(canvas, `--${tone}`);
      for (const run of maskRuns(mask)) {
        const [x, y] = [Math.floor(run.x * scale), Math.floor(run.y * scale)];
        const bottom = Math.ceil((run.y + run.height) * scale);
        context.fillRect(x, y, Math.ceil(scale), bottom - y);
      }
    }
  }, [objects, scale, theme]);
  return <canvas ref={place} width={Math.ceil(width * scale)} height={Math.ceil(height * scale)} />;
}
