/** A picture of an image and those that are most like it. */
import { basename } from 'node:path';
import type { ImageSize } from '../backbones/backbone.js';
import { describeFeatures } from '../backbones/pooled-stages.js';
import { readNamed } from '../data/sources/read-named.js';
import type { SimilarImages } from '../features/similar.js';
import { decodeBytes } from '../images/decode.js';
import { middleOf } from '../images/geometry/middle.js';
import type { RgbImage } from '../images/geometry/resize.js';
import { UnreadableImage } from '../images/unreadable-image.js';
import { renderSheet } from './sheet.js';

const columns = 5;

/**
 * Images as the encoder sees them, with their similarities and names; grey where one is no longer
 * there.
 *
 * @param query a path
 * @returns a PNG
 *
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 * import { embed, findSimilar, load, similarSheet } from 'um-mae';
 *
 * using backbone = await load('runs/photos');
 * await embed(backbone, ['photos'], { out: 'cats.safetensors' });
 * const found = await findSimilar('runs/photos', 'cat.jpg', { index: 'cats.safetensors' });
 * await writeFile('similar.png', await similarSheet('cat.jpg', found));
 * ```
 */
export async function similarSheet(
  query: string,
  { neighbours, origin }: SimilarImages,
): Promise<Buffer> {
  const { image, classes } = origin;
  const names = [query, ...neighbours.map(({ path }) => path)];
  const captions = [
    ['query', basename(query)],
    ...neighbours.map(({ path, similarity, label }) => {
      const name = label === null ? '' : (classes[label] ?? `class ${label}`);
      return [`${similarity.toFixed(3)}  ${name}`, basename(path)];
    }),
  ];
  // One after the other: a photo takes tens of megabytes until it is small.
  const pictures: RgbImage[] = [];
  for (const name of names) pictures.push(await pictureOf(name, image));
  return renderSheet({
    title: `Most similar to ${basename(query)}`,
    note: `Cosine of standardised features: ${describeFeatures(origin)}.`,
    columns: Array.from({ length: Math.min(columns, names.length) }, () => ''),
    rows: inRows(pictures),
    captions: inRows(captions),
  });
}

async function pictureOf(name: string, size: ImageSize): Promise<RgbImage> {
  try {
    return middleOf(await decodeBytes(await readNamed(name)), size);
  } catch (error) {
    if (!(error instanceof UnreadableImage)) throw error;
    return { ...size, data: new Uint8Array(size.height * size.width * 3).fill(200) };
  }
}

function inRows<Item>(items: readonly Item[]): Item[][] {
  const rows = Math.ceil(items.length / columns);
  return Array.from({ length: rows }, (_, row) => items.slice(row * columns, (row + 1) * columns));
}
