/**
 * InstaBoost: objects are cut out of their image, which is filled behind them, and pasted again,
 * each a little elsewhere, larger or smaller, or turned.
 *
 * Source: Fang et al. 2019, arXiv:1908.07801; ranges and order of its published code. Matting and
 * inpainting are ours.
 */
import { at } from '../../../at.js';
import { applyOperations } from '../../../images/augmentation/rand-augment.js';
import type { RgbImage, Size } from '../../../images/geometry/resize.js';
import { inpaint } from '../../../images/inpaint.js';
import { type ClassMap, ignoredClass } from '../../../images/masks/class-map.js';
import { type Random, randomInteger } from '../../../random.js';
import { type KnownObject, type ObjectsOfImage, trainedObjects } from '../known-objects.js';
import {
  type Bitmap,
  bitmapOf,
  cornersOfBitmap,
  maskOfBitmap,
  maskOfOutline,
} from '../outlines/bitmap.js';
import { drawMove } from './group-move.js';
import { feathered } from './matte.js';
import { overlapGroups } from './overlap-groups.js';
import { pasteGroup } from './paste-group.js';

export interface InstaBoostOptions {
  /** The probability that the objects of an image move. */
  readonly probability: number;
  /** The probability that such an image then gets other colours. */
  readonly colours: number;
}

/** An image, its objects, and the class of every pixel where it is known. */
export interface ObjectImage {
  readonly image: RgbImage;
  readonly known: ObjectsOfImage;
  readonly classMap?: ClassMap | undefined;
}

/** Objects with their outlines as bitmaps. */
interface MovableObject {
  readonly mask: Bitmap;
  readonly object: KnownObject;
}

/** Pixels around objects that are filled with them: their edges are blurred. */
const filledAround = 4;

/** Less than the share of a pixel that one pixel of an object has from afar. */
const leastShare = 1e-3;

/**
 * Moves all objects that are learnt from; crowds, and objects without an outline, stay. Classes of
 * pixels move with them, and those of what is filled behind them are ignored.
 */
export function moveObjects(
  { image, known, classMap }: ObjectImage,
  { colours }: Pick<InstaBoostOptions, 'colours'>,
  random: Random,
): ObjectImage {
  const objects = movable(known);
  const canvas = inpaint(image, around(objects, image));
  const classes = classMap && { from: classMap, to: withoutObjects(classMap, objects) };
  const place = { image, canvas, classes };
  const placed: MovableObject[] = [];
  for (const group of overlapGroups(objects)) {
    const masks = pasteGroup(group, drawMove(group.box, image, random), place);
    for (const earlier of placed) for (const mask of masks) cover(earlier.mask, mask);
    for (const [i, mask] of masks.entries()) {
      placed.push({ object: at(group.objects, i).object, mask });
    }
  }
  const moved = { width: image.width, height: image.height, data: canvas };
  const others = known.objects.filter((one) => !objects.some(({ object }) => object === one));
  return {
    image: random() < colours ? { ...moved, data: applyOperations(moved, drawn(random)) } : moved,
    known: { ...known, objects: [...placed.flatMap((one) => knownAgain(one, image)), ...others] },
    classMap: classes?.to,
  };
}

/** A copy of a class map in which the pixels of objects are ignored. */
function withoutObjects(map: ClassMap, objects: readonly MovableObject[]): ClassMap {
  const data = map.data.slice();
  for (const { mask } of objects) {
    for (const [place, pixel] of mask.pixels.entries()) {
      if (pixel !== 1) continue;
      const [row, column] = [Math.floor(place / mask.width), place % mask.width];
      data[(mask.top + row) * map.width + mask.left + column] = ignoredClass;
    }
  }
  return { ...map, data };
}

function movable(known: ObjectsOfImage): MovableObject[] {
  return trainedObjects(known).flatMap((object) => {
    if (!object.outline) return [];
    const mask = bitmapOf(maskOfOutline(object.outline, known.size));
    return mask.pixels.length > 0 ? [{ mask, object }] : [];
  });
}

/** Marks objects and some pixels around them, [height, width]. */
function around(objects: readonly MovableObject[], image: Size): Uint8Array {
  const masks = objects.map(({ mask }) => mask);
  const box = { left: 0, top: 0, width: image.width, height: image.height };
  const { shares } = feathered(masks, { box, image, reach: filledAround });
  const marked = new Uint8Array(shares.length);
  for (let place = 0; place < marked.length; place++) {
    if ((shares[place] as number) > leastShare) marked[place] = 1;
  }
  return marked;
}

/** Takes from a mask what another one, pasted later, lies on. */
function cover(mask: Bitmap, later: Bitmap): void {
  const right = Math.min(mask.left + mask.width, later.left + later.width);
  const bottom = Math.min(mask.top + mask.height, later.top + later.height);
  for (let y = Math.max(mask.top, later.top); y < bottom; y++) {
    for (let x = Math.max(mask.left, later.left); x < right; x++) {
      const own = (y - mask.top) * mask.width + x - mask.left;
      if (later.pixels[(y - later.top) * later.width + x - later.left] === 1) mask.pixels[own] = 0;
    }
  }
}

/** The object where it is now; none where nothing of it is left. */
function knownAgain({ object, mask }: MovableObject, size: Size): KnownObject[] {
  const corners = cornersOfBitmap(mask);
  if (!corners) return [];
  const [left, top, right, bottom] = corners;
  const area = mask.pixels.reduce((sum, pixel) => sum + pixel, 0);
  const outline = { kind: 'run-lengths', mask: maskOfBitmap(mask, size) } as const;
  return [{ ...object, box: [left, top, right - left, bottom - top], area, outline }];
}

/** The changes of colours, in steps of a tenth. */
function drawn(random: Random) {
  const ranges = [
    ['color', 0, 3],
    ['brightness', 1, 2],
    ['contrast', 1, 2],
    ['sharpness', 0, 3],
  ] as const;
  return ranges.map(([kind, low, high]) => {
    const steps = randomInteger(random, 10 * (high - low) + 1);
    return { kind, amount: low + steps / 10, interpolation: 'bilinear' as const };
  });
}
