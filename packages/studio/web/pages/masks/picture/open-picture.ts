/** A picture of the user's, decoded by the browser. Nothing of it goes anywhere. */
import { pictureSide } from '../drawing/drawn-picture.js';

/**
 * The middle of a picture, `pictureSide` pixels wide and high, or one sentence that says why there
 * is none.
 */
export type OpenedPicture =
  | { readonly picture: HTMLCanvasElement; readonly name: string; readonly size: string }
  | { readonly problem: string };

/** The least length of the shorter side. */
const leastPixels = 32;
const largestAspect = 8;
/** The largest picture to decode. More pixels would take gigabytes. */
const mostPixels = 100e6;
const mostBytes = 200e6;

export async function openPicture(file: File): Promise<OpenedPicture> {
  const name = file.name === '' ? 'what was pasted' : `“${shortened(file.name)}”`;
  if (file.size === 0) return { problem: `Expected an image but got an empty file: ${name}.` };
  if (file.size > mostBytes) {
    const got = `${Math.round(file.size / 1e6)} MB in ${name}`;
    return { problem: `Expected an image file of at most ${mostBytes / 1e6} MB but got ${got}.` };
  }
  const url = URL.createObjectURL(file);
  try {
    const image = new Image();
    image.src = url;
    // Tells the size without decoding all of it.
    const isImage = await new Promise<boolean>((resolve) => {
      image.onload = () => resolve(true);
      image.onerror = () => resolve(false);
    });
    if (!isImage) return { problem: `Expected an image that this browser reads but got ${name}.` };
    const { naturalWidth: width, naturalHeight: height } = image;
    const problem = problemOf(width, height, name);
    if (problem) return { problem };
    return { picture: middleOf(image), name: file.name, size: `${width} × ${height}` };
  } finally {
    URL.revokeObjectURL(url);
  }
}

function problemOf(width: number, height: number, name: string): string | undefined {
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  const got = `but got ${width} × ${height} in ${name}.`;
  if (width * height > mostPixels)
    return `Expected an image of at most ${mostPixels / 1e6} million pixels ${got}`;
  if (short < leastPixels)
    return `Expected an image of at least ${leastPixels} × ${leastPixels} pixels ${got}`;
  if (long > largestAspect * short)
    return `Expected an image at most ${largestAspect} times as long as wide ${got}`;
  return undefined;
}

function middleOf(image: HTMLImageElement): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = pictureSide;
  const { naturalWidth: width, naturalHeight: height } = image;
  const side = Math.min(width, height);
  const context = canvas.getContext('2d');
  if (!context) return canvas;
  context.imageSmoothingQuality = 'high';
  // Transparent images stand on white, as training puts them.
  context.fillStyle = 'white';
  context.fillRect(0, 0, pictureSide, pictureSide);
  const [x, y] = [(width - side) / 2, (height - side) / 2];
  context.drawImage(image, x, y, side, side, 0, 0, pictureSide, pictureSide);
  return canvas;
}

function shortened(name: string): string {
  return name.length <= 40 ? name : `${name.slice(0, 36)} …`;
}
