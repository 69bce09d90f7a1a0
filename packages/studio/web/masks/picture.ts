/** The image under the mask: a drawing, until the user brings one of their own. It never leaves the browser. */

/** Pixels along a side of what is shown. */
export const pictureSide = 480;

/** An image that cannot be shown; its message is a sentence. */
export class PictureError extends Error {
  override readonly name = 'PictureError';
}

/** Beyond this a browser needs gigabytes for the pixels. */
const largestPixels = 100_000_000;

/**
 * The middle square of an image.
 *
 * @throws PictureError when the file holds no image that the browser reads, or one that is too large
 */
export async function readPicture(file: Blob): Promise<OffscreenCanvas> {
  const image = await createImageBitmap(file).catch(() => {
    const kind = file.type === '' ? 'something else' : file.type;
    throw new PictureError(`Expected an image that this browser reads but got ${kind}.`);
  });
  const { width, height } = image;
  if (width * height > largestPixels) {
    image.close();
    throw new PictureError(`Expected at most 100 megapixels but got ${width} x ${height}.`);
  }
  const side = Math.min(width, height);
  const { canvas, context } = blank();
  const [x, y] = [(width - side) / 2, (height - side) / 2];
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, x, y, side, side, 0, 0, pictureSide, pictureSide);
  image.close();
  return canvas;
}

/** A house on a hill: large even surfaces, edges, and small things. */
export function drawnPicture(): OffscreenCanvas {
  const { canvas, context } = blank();
  context.scale(pictureSide / 480, pictureSide / 480);
  const sky = context.createLinearGradient(0, 0, 0, 330);
  sky.addColorStop(0, '#5f9bd1');
  sky.addColorStop(1, '#dcebf2');
  fill(context, sky, (path) => path.rect(0, 0, 480, 480));
  fill(context, '#f7d774', (path) => path.arc(372, 92, 42, 0, 2 * Math.PI));
  for (const [x, y, size] of clouds) {
    for (const [dx, dy, r] of puffs) {
      fill(context, '#ffffffd9', (path) =>
        path.arc(x + dx * size, y + dy * size, r * size, 0, 2 * Math.PI),
      );
    }
  }
  hill(context, '#8fb7a0', [0, 300, 120, 210, 250, 290, 480, 250]);
  hill(context, '#5f9a63', [0, 360, 150, 285, 310, 345, 480, 310]);
  hill(context, '#3f7d49', [0, 430, 170, 380, 330, 440, 480, 390]);
  house(context);
  for (const [x, y, size] of trees) tree(context, x, y, size);
  return canvas;
}

type Context = OffscreenCanvasRenderingContext2D;

const clouds = [
  [90, 90, 1],
  [235, 140, 0.7],
] as const;

const puffs = [
  [0, 0, 26],
  [28, -12, 30],
  [58, 0, 24],
] as const;

const trees = [
  [70, 372, 1],
  [128, 398, 0.7],
  [402, 372, 1.2],
] as const;

function fill(
  context: Context,
  style: string | CanvasGradient,
  trace: (context: Context) => void,
): void {
  context.fillStyle = style;
  context.beginPath();
  trace(context);
  context.fill();
}

/** A slope from the left edge to the right one, through two control points. */
function hill(context: Context, colour: string, points: readonly number[]): void {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0, x2 = 0, y2 = 0, x3 = 0, y3 = 0] = points;
  fill(context, colour, (path) => {
    path.moveTo(x0, y0);
    path.bezierCurveTo(x1, y1, x2, y2, x3, y3);
    path.lineTo(480, 480);
    path.lineTo(0, 480);
  });
}

function house(context: Context): void {
  fill(context, '#efe3cf', (path) => path.rect(208, 300, 128, 104));
  fill(context, '#b5503c', (path) => {
    path.moveTo(192, 304);
    path.lineTo(272, 232);
    path.lineTo(352, 304);
  });
  fill(context, '#7d3527', (path) => path.rect(306, 238, 18, 40));
  fill(context, '#6b4a35', (path) => path.rect(254, 348, 34, 56));
  for (const x of [222, 298]) fill(context, '#57809c', (path) => path.rect(x, 322, 26, 28));
}

function tree(context: Context, x: number, y: number, size: number): void {
  fill(context, '#6b4a35', (path) => path.rect(x - 4 * size, y, 8 * size, 34 * size));
  for (const [lift, width] of [
    [0, 34],
    [24, 27],
    [46, 19],
  ] as const) {
    fill(context, '#2c5e3c', (path) => {
      path.moveTo(x - width * size, y - lift * size + 8);
      path.lineTo(x, y - (lift + 44) * size + 8);
      path.lineTo(x + width * size, y - lift * size + 8);
    });
  }
}

function blank(): { readonly canvas: OffscreenCanvas; readonly context: Context } {
  const canvas = new OffscreenCanvas(pictureSide, pictureSide);
  const context = canvas.getContext('2d');
  if (!context) throw new PictureError('Expected a browser that draws but got none.');
  return { canvas, context };
}
