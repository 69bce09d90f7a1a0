/** Images of squares and discs with masks, for tests of segmentation. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { seededRandom } from '../../../random.js';

/** The number of images of each part, and the names of the three classes. */
interface Squares {
  readonly train: number;
  readonly val: number;
  readonly classes?: readonly [string, string, string];
}

const [width, height] = [48, 40];

/** Writes `images/PART/N.png`, `masks/PART/N.png` and `masks/classes.txt`. */
export async function writeSquares(
  folder: string,
  { train, val, classes = ['ground', 'square', 'disc'] }: Squares,
): Promise<void> {
  for (const [part, count] of Object.entries({ train, val })) {
    const [images, masks] = ['images', 'masks'].map((kind) => join(folder, kind, part));
    for (const place of [images, masks]) mkdirSync(place ?? '', { recursive: true });
    for (let i = 0; i < count; i++) {
      const { pixels, labels } = drawn(seededRandom(part === 'train' ? 1 : 2, i));
      const raw = (channels: 1 | 3) => ({ raw: { width, height, channels } });
      await sharp(pixels, raw(3))
        .png()
        .toFile(join(images ?? '', `${i}.png`));
      const grey = sharp(labels, raw(1)).toColourspace('b-w').png();
      await grey.toFile(join(masks ?? '', `${i}.png`));
    }
  }
  writeFileSync(join(folder, 'masks/classes.txt'), `${classes.join('\n')}\n`);
}

function drawn(random: () => number): { pixels: Uint8Array; labels: Uint8Array } {
  const labels = new Uint8Array(width * height);
  const shapes = [1, 2].map((label) => ({
    label,
    x: 8 + random() * (width - 16),
    y: 8 + random() * (height - 16),
    size: 5 + random() * 5,
  }));
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    for (const shape of shapes) {
      const [dx, dy] = [Math.abs(x - shape.x), Math.abs(y - shape.y)];
      const distance = shape.label === 1 ? Math.max(dx, dy) : Math.hypot(dx, dy);
      if (distance < shape.size) labels[pixel] = shape.label;
    }
  }
  const colours = [
    [90, 110, 90],
    [200, 80, 60],
    [70, 90, 210],
  ];
  const pixels = new Uint8Array(labels.length * 3);
  for (const [pixel, label] of labels.entries())
    pixels.set(colours[label]?.map((level) => level + Math.floor(random() * 30)) ?? [], pixel * 3);
  return { pixels, labels };
}
