/** The buttons of a figure: as a file, SVG or PNG, in the colours that are shown, and away. */
import type { JSX } from 'preact';
import { download } from '../../download.js';
import { type ChartColours, chartSvg, svgSize } from './chart-svg.js';
import type { ChartProps } from './figure.js';
import { resolveColour } from './palette.js';

/** Pixels of a PNG for one of the figure. */
const density = 2;

export function ChartFiles(props: ChartProps): JSX.Element {
  const { title, onHide } = props;
  const name = title.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return (
    <span class="chart-files">
      <button
        type="button"
        class="quiet"
        aria-label={`Save ${title} as SVG`}
        onClick={({ currentTarget }) => download(`${name}.svg`, svgOf(props, currentTarget))}
      >
        SVG
      </button>
      <button
        type="button"
        class="quiet"
        aria-label={`Save ${title} as PNG`}
        onClick={async ({ currentTarget }) => {
          const png = await pngOf(svgOf(props, currentTarget));
          if (png) download(`${name}.png`, png);
        }}
      >
        PNG
      </button>
      {onHide && (
        <button type="button" class="quiet" aria-label={`Hide ${title}`} onClick={onHide}>
          Hide
        </button>
      )}
    </span>
  );
}

/** @param element any of the page, for the colours of tokens */
function svgOf(props: ChartProps, element: HTMLElement): Blob {
  const colour = (token: string) => resolveColour(element, token);
  const colours: ChartColours = {
    ink: colour('--ink'),
    quiet: colour('--quiet'),
    line: colour('--line'),
    paper: colour('--raised'),
    curves: props.curves.map((curve) => colour(curve.colour)),
  };
  return new Blob([chartSvg(props, colours)], { type: 'image/svg+xml' });
}

/** @returns null where the browser cannot draw it */
async function pngOf(svg: Blob): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  canvas.width = density * svgSize.width;
  canvas.height = density * svgSize.height;
  const image = new Image();
  image.src = URL.createObjectURL(svg);
  await image.decode();
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}
