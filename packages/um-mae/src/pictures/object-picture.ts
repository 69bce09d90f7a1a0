/** Boxes and outlines of objects, drawn over their image. */
import sharp from 'sharp';
import { type CocoBox, decodeMask, type RunLengths } from '../detection/run-lengths/run-lengths.js';
import type { RgbImage } from '../images/geometry/resize.js';
import type { Colour } from '../images/masks/class-map-file.js';
import { type Fonts, loadFonts, textPath, textWidth } from './text.js';

/** An object as it is drawn, in pixels of the image that its box and mask belong to. */
export interface DrawnObject {
  readonly box: CocoBox;
  readonly mask?: RunLengths | undefined;
  readonly colour: Colour;
  /** A word over the box. */
  readonly text?: string | undefined;
  /** Whether the box is of dashes. */
  readonly isDashed?: boolean | undefined;
}

export interface ObjectPictureOptions {
  /** The sides of the image, once it is smaller, as shares of those that boxes are written by. */
  readonly scale?: readonly [across: number, down: number];
  /** The weight of the colour of a mask. Default 0.4. */
  readonly opacity?: number;
}

const textSize = 12;

/** Draws masks, then boxes, then words over a copy of the image. */
export async function drawObjects(
  image: RgbImage,
  objects: readonly DrawnObject[],
  { scale = [1, 1], opacity = 0.4 }: ObjectPictureOptions = {},
): Promise<RgbImage> {
  const { width, height } = image;
  // The slice of a Buffer would share its bytes.
  const data = new Uint8Array(image.data);
  for (const object of objects) tint({ ...image, data }, object, { scale, opacity });
  const fonts = await loadFonts();
  const marks = objects.map((object) => markOf(object, scale, fonts)).join('');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${marks}</svg>`;
  const drawn = await sharp(data, { raw: { width, height, channels: 3 } })
    .composite([{ input: Buffer.from(svg), left: 0, top: 0 }])
    .removeAlpha()
    .raw()
    .toBuffer();
  return { width, height, data: new Uint8Array(drawn) };
}

function tint(
  { width, height, data }: RgbImage,
  { mask, colour }: DrawnObject,
  { scale, opacity }: Required<ObjectPictureOptions>,
): void {
  if (!mask) return;
  const inside = decodeMask(mask);
  const [across, down] = scale;
  const place = (i: number, factor: number, most: number) =>
    Math.min(most - 1, Math.floor((i + 0.5) / factor));
  for (let row = 0; row < height; row++) {
    const from = place(row, down, mask.height) * mask.width;
    for (let column = 0; column < width; column++) {
      if (inside[from + place(column, across, mask.width)] !== 1) continue;
      for (const channel of [0, 1, 2] as const) {
        const at = (row * width + column) * 3 + channel;
        data[at] = Math.round((data[at] as number) * (1 - opacity) + colour[channel] * opacity);
      }
    }
  }
}

/** The SVG of a box and its word. */
function markOf(
  { box, colour, text, isDashed }: DrawnObject,
  [across, down]: readonly [number, number],
  { medium }: Fonts,
): string {
  const [left, top, width, height] = [
    box[0] * across,
    box[1] * down,
    box[2] * across,
    box[3] * down,
  ];
  const paint = `rgb(${colour.join()})`;
  const dashes = isDashed ? ' stroke-dasharray="5 3"' : '';
  const frame = `<rect x="${left}" y="${top}" width="${width}" height="${height}" fill="none" stroke="${paint}" stroke-width="2"${dashes}/>`;
  if (text === undefined) return frame;
  const base = top >= textSize + 3 ? top - 4 : top + textSize + 1;
  const back = `<rect x="${left - 1}" y="${base - textSize}" width="${textWidth(medium, text, textSize) + 6}" height="${textSize + 4}" fill="${paint}"/>`;
  const isLight = colour[0] * 0.3 + colour[1] * 0.59 + colour[2] * 0.11 > 140;
  const ink = isLight ? '#1c2430' : '#ffffff';
  return (
    frame + back + textPath(medium, text, { x: left + 2, y: base, size: textSize, colour: ink })
  );
}
