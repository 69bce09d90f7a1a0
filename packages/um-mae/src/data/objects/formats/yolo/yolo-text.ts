/** Lines of YOLO's label files: a class, and a box or a polygon in shares of the image's sides. */
import type { Size } from '../../../../images/geometry/resize.js';
import type { Remarks } from '../../../sources/remarks.js';
import type { WrittenObject } from '../../annotations.js';
import { boxOfPolygons } from '../../outlines/polygon-box.js';
import { polygonOutline } from '../coco/coco-outline.js';

/** The image of a label file, and the classes that it may name. */
export interface YoloImage {
  readonly name: string;
  readonly size: Size;
  /** The number of classes. */
  readonly classes: number;
  /** Whether key points stand behind each box, which are left out. Default false. */
  readonly hasPoints?: boolean | undefined;
  readonly remarks: Remarks;
}

/**
 * Reads `class x y width height`, the middle of a box, perhaps with a score behind it; or `class x y
 * x y x y ...`, the corners of a polygon.
 */
export function yoloObjects(lines: readonly string[], image: YoloImage): WrittenObject[] {
  const { classes, hasPoints, remarks, name } = image;
  return lines.flatMap((line): WrittenObject[] => {
    const [label = Number.NaN, ...all] = line.split(/\s+/).map(Number);
    const numbers = hasPoints ? all.slice(0, 4) : all;
    if (numbers.length < all.length) remarks.add('key points of objects, left out', name);
    if ([label, ...numbers].some((number) => !Number.isFinite(number)) || numbers.length < 4) {
      remarks.add('lines that are no box and no polygon, left out', name);
      return [];
    }
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      remarks.add('objects of a class that has no name, left out', `${name}: ${label}`);
      return [];
    }
    if (numbers.some((number) => number > 1.5 || number < -0.5)) {
      remarks.add('boxes in pixels where shares of the sides are expected, left out', name);
      return [];
    }
    const isBox = numbers.length <= 5;
    if (!isBox && numbers.length % 2 === 1) {
      remarks.add('lines that are no box and no polygon, left out', name);
      return [];
    }
    return [isBox ? boxOf(label, numbers, image) : polygonOf(label, numbers, image)];
  });
}

const plain = { id: undefined, area: undefined, isCrowd: false } as const;

function boxOf(label: number, numbers: readonly number[], { size }: YoloImage): WrittenObject {
  const [x = 0, y = 0, across = 0, down = 0] = numbers;
  const [width, height] = [across * size.width, down * size.height];
  const [left, top] = [x * size.width - width / 2, y * size.height - height / 2];
  return { ...plain, label, box: [left, top, width, height], outline: undefined };
}

function polygonOf(
  label: number,
  numbers: readonly number[],
  { name, size, remarks }: YoloImage,
): WrittenObject {
  const polygon = numbers.map((share, i) => share * (i % 2 === 0 ? size.width : size.height));
  const { outline, fault } = polygonOutline([polygon], size);
  if (fault) remarks.add(`${fault}, left out`, name);
  return { ...plain, label, box: boxOfPolygons([polygon]), outline };
}
