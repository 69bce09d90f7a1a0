/** The contract that every form in which images are kept fulfils, as tests. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at } from '../../../at.js';
import { openClassifiedImages } from '../../classified-images.js';
import { ImageLoader } from '../../loading/loader.js';
import { nameOf } from '../image-set.js';
import { openImages } from '../open-images.js';
import { ImageReader } from '../read-image.js';
import { readNamed } from '../read-named.js';

/** An image that each form keeps in its way. */
export interface KeptImage {
  readonly class: string;
  /** The name of the image's file, without an extension. */
  readonly name: string;
  /** The image as an encoded PNG. */
  readonly bytes: Buffer;
}

/** A form of keeping images, as the suite tests it. */
export interface ImageSourceCase {
  /** The label that this form stores with an image: a class name, only a number, or none. */
  readonly labels: 'names' | 'numbers' | 'none';
  /**
   * Writes the images in their order, in this form.
   *
   * @returns what a user would name to open them, relative to `folder`
   */
  write(folder: string, images: readonly KeptImage[]): string | Promise<string>;
}

const classes = ['cat', 'dog', 'größe'];
const names = ['cat/a', 'cat/b', 'dog/c', 'dog/d', 'dog/e', 'größe/f', 'größe/g 1'];

async function keptImages(): Promise<KeptImage[]> {
  const bytes = await Promise.all(
    names.map((_, i) => {
      const background = `rgb(${i}, 90, 9)`;
      return sharp({ create: { width: 8 + i, height: 9, channels: 3, background } })
        .png()
        .toBuffer();
    }),
  );
  return names.map((path, i) => {
    const [group = '', name = ''] = path.split('/');
    return { class: group, name, bytes: at(bytes, i) };
  });
}

/** Reads everything of a set, from its last image to its first. */
async function readAll(path: string) {
  const { images, labelOf, classes: named } = await openImages([path], { labelled: true });
  const reader = new ImageReader();
  const indices = Array.from({ length: images.count }, (_, index) => index);
  const bytes: Buffer[] = [];
  for (const index of indices.toReversed()) bytes[index] = await reader.read(images.locate(index));
  const labels = indices.map((index) => labelOf(index));
  const paths = indices.map((index) => nameOf(images.locate(index)));
  return { bytes, labels, paths, named, digest: images.digest };
}

/** Checks one form in which images are kept. */
export function describeImageSource(name: string, { labels: kind, write }: ImageSourceCase): void {
  const folder = mkdtempSync(join(tmpdir(), 'um-mae-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  let kept: KeptImage[] = [];
  let input = '';
  const written = async (own: string, images: readonly KeptImage[]) => {
    mkdirSync(join(folder, own));
    return join(folder, own, await write(join(folder, own), images));
  };
  beforeAll(async () => {
    kept = await keptImages();
    input = await written('all', kept);
  });

  describe(name, () => {
    test('gives the images that were written, in their order', async () => {
      const { bytes } = await readAll(input);
      expect(bytes).toEqual(kept.map((image) => image.bytes));
    });

    test('gives the same when it is opened again', async () => {
      expect(await readAll(input)).toEqual(await readAll(input));
    });

    test('finds an image by the name that it gives it', async () => {
      const { bytes, paths } = await readAll(input);
      expect(new Set(paths).size).toBe(paths.length);
      for (const [i, path] of paths.entries()) expect(await readNamed(path)).toEqual(bytes[i]);
    });

    test('keeps its digest when it is moved as a whole, and has another with an image less', async () => {
      const { digest } = await readAll(input);
      cpSync(join(folder, 'all'), join(folder, 'moved'), { recursive: true });
      const moved = join(folder, 'moved', input.slice(join(folder, 'all').length));
      expect((await readAll(moved)).digest).toBe(digest);
      rmSync(join(folder, 'moved'), { recursive: true });
      const fewer = await written('fewer', kept.slice(0, -1));
      expect((await readAll(fewer)).digest).not.toBe(digest);
    });

    test('tells the classes of its images, where it knows them', async () => {
      const { labels, named } = await readAll(input);
      const numbers = kept.map((image) => classes.indexOf(image.class));
      expect(labels).toEqual(numbers.map((number) => (kind === 'none' ? undefined : number)));
      expect(named).toEqual(kind === 'names' ? classes : []);
    });

    test('gives the same labels by name, or says which image has none', async () => {
      const opened = openClassifiedImages(input, { root: null, classes });
      if (kind === 'none')
        return void (await expect(opened).rejects.toThrow('Expected a class for every image of'));
      const { labels } = await opened;
      expect([...labels].map((label) => classes[label])).toEqual(kept.map((one) => one.class));
    });

    test('leaves out what cannot be read, counts and names it', async () => {
      const broken = kept.map((image, i) =>
        i === 4 ? { ...image, bytes: Buffer.from('no image, though of its name') } : image,
      );
      const { images } = await openImages([await written('broken', broken)]);
      const batchSize = kept.length;
      const size = { height: 8, width: 8, batchSize, workers: 1, seed: 1 };
      const loader = new ImageLoader({ ...size, images, transform: { kind: 'center-crop' } });
      try {
        for await (const { indices, skipped } of loader.epoch(0)) {
          expect([...indices].sort()).toEqual([0, 1, 2, 3, 5, 6]);
          const reason = 'not an image of a known format';
          expect(skipped).toEqual([{ path: nameOf(images.locate(4)), reason }]);
        }
      } finally {
        await loader.close();
      }
    });
  });
}
