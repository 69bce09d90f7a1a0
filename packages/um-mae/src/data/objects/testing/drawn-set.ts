/** Sets of drawn images with objects, written in COCO's format for tests. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

/** A rectangle of one grey level. */
export interface DrawnObject {
  readonly label: number;
  /** Left, top, width, height. */
  readonly box: readonly [number, number, number, number];
}

/** An image on black; the grey of its objects is 40 and 40 more for each class. */
export interface DrawnImage {
  readonly width: number;
  readonly height: number;
  readonly objects: readonly DrawnObject[];
}

export function greyOf(label: number): number {
  return 40 + 40 * label;
}

/** Writes a PNG. */
export async function drawImage(
  path: string,
  { width, height, objects }: DrawnImage,
): Promise<void> {
  const data = new Uint8Array(width * height);
  for (const { label, box } of objects) {
    const [left, top, across, down] = box;
    for (let y = Math.max(top, 0); y < Math.min(top + down, height); y++) {
      data.fill(greyOf(label), y * width + left, y * width + Math.min(left + across, width));
    }
  }
  await sharp(data, { raw: { width, height, channels: 1 } })
    .png()
    .toFile(path);
}

/** COCO's annotations of images `0.png`, `1.png` ...; each object is a polygon. */
export function cocoOf(images: readonly DrawnImage[], classes: readonly string[]) {
  let id = 1;
  return {
    images: images.map(({ width, height }, place) => ({
      id: place + 1,
      file_name: `${place}.png`,
      width,
      height,
    })),
    categories: classes.map((name, label) => ({ id: 10 * (label + 1), name })),
    annotations: images.flatMap(({ objects }, place) =>
      objects.map(({ label, box: [x, y, w, h] }) => ({
        id: id++,
        image_id: place + 1,
        category_id: 10 * (label + 1),
        bbox: [x, y, w, h],
        area: w * h,
        iscrowd: 0,
        segmentation: [[x, y, x + w, y, x + w, y + h, x, y + h]],
      })),
    ),
  };
}

/** Writes a part of a set: `images/PART` and `annotations/instances_PART.json`. */
export async function putPart(
  folder: string,
  part: string,
  {
    images,
    classes,
  }: { readonly images: readonly DrawnImage[]; readonly classes: readonly string[] },
): Promise<void> {
  mkdirSync(join(folder, 'images', part), { recursive: true });
  mkdirSync(join(folder, 'annotations'), { recursive: true });
  for (const [place, image] of images.entries()) {
    await drawImage(join(folder, 'images', part, `${place}.png`), image);
  }
  writeFileSync(
    join(folder, 'annotations', `instances_${part}.json`),
    JSON.stringify(cocoOf(images, classes)),
  );
}
