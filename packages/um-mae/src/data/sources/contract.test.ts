import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetWriteFile } from 'hyparquet-writer';
import { packImages } from '../curation/pack.js';
import { openImages } from './open-images.js';
import { describeImageSource, type KeptImage } from './testing/describe-image-source.js';

type Images = readonly KeptImage[];

/** Numbers of the images' classes, in the order of their names. */
function numbersOf(images: Images): number[] {
  const classes = [...new Set(images.map((image) => image.class))].sort();
  return images.map((image) => classes.indexOf(image.class));
}

/** Writes `photos/class/name.png` for each image. */
function writeClassFolders(folder: string, images: Images): string[] {
  return images.map((image) => {
    const path = `photos/${image.class}/${image.name}.png`;
    mkdirSync(join(folder, 'photos', image.class), { recursive: true });
    writeFileSync(join(folder, path), image.bytes);
    return path;
  });
}

/** Writes `photos/name.png` for each image. */
function writeFolder(folder: string, images: Images): string[] {
  mkdirSync(join(folder, 'photos'));
  return images.map(({ name, bytes }) => {
    writeFileSync(join(folder, `photos/${name}.png`), bytes);
    return `photos/${name}.png`;
  });
}

describeImageSource('a folder', {
  labels: 'none',
  write(folder, images) {
    writeFolder(folder, images);
    return 'photos';
  },
});

describeImageSource('a folder of class folders', {
  labels: 'names',
  write(folder, images) {
    writeClassFolders(folder, images);
    return 'photos';
  },
});

/** Writes a list with the line ends of Windows, the mark of its encoding and empty lines. */
function writeList(folder: string, lines: readonly string[]): string {
  writeFileSync(join(folder, 'list.txt'), `\uFEFF${lines.join('\r\n')}\r\n\r\n`);
  return 'list.txt';
}

describeImageSource('a list with labels', {
  labels: 'numbers',
  write(folder, images) {
    const [paths, labels] = [writeFolder(folder, images), numbersOf(images)];
    return writeList(
      folder,
      paths.map((path, i) => `${path} ${labels[i]}`),
    );
  },
});

describeImageSource('a list of class folders', {
  labels: 'names',
  write: (folder, images) => writeList(folder, writeClassFolders(folder, images)),
});

/** Packs the images of a folder three to a shard. */
async function pack(folder: string): Promise<void> {
  const opened = await openImages([join(folder, 'photos')]);
  await packImages(opened, { out: join(folder, 'shards'), imagesPerShard: 3 });
}

describeImageSource('shards', {
  labels: 'none',
  async write(folder, images) {
    writeFolder(folder, images);
    await pack(folder);
    return 'shards';
  },
});

describeImageSource('shards with labels', {
  labels: 'names',
  async write(folder, images) {
    writeClassFolders(folder, images);
    await pack(folder);
    return 'shards';
  },
});

describeImageSource('a range of shards with labels', {
  labels: 'names',
  async write(folder, images) {
    writeClassFolders(folder, images);
    await pack(folder);
    const last = Math.ceil(images.length / 3) - 1;
    return `shards/{000000..00000${last}}.tar`;
  },
});

/** Writes a table as `datasets` does, in groups of rows. */
function writeTable(
  folder: string,
  images: Images,
  form: { readonly labelled?: boolean; readonly pages?: boolean } = {},
): string {
  const { labelled = false, pages = false } = form;
  const image = images.map(({ class: group, name, bytes }) => ({
    bytes,
    path: `${group}/${name}`,
  }));
  const labels = numbersOf(images).map(BigInt);
  parquetWriteFile({
    filename: join(folder, 'table.parquet'),
    columnData: [
      { name: 'image', data: image, offsetIndex: pages },
      ...(labelled ? [{ name: 'label', data: labels }] : []),
    ],
    schema: [
      { name: 'root', num_children: labelled ? 2 : 1 },
      { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
      { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
      { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      ...(labelled ? [{ name: 'label', type: 'INT64', repetition_type: 'OPTIONAL' } as const] : []),
    ],
    rowGroupSize: pages ? 4 : 2,
  });
  return 'table.parquet';
}

describeImageSource('a Parquet table', { labels: 'none', write: writeTable });

describeImageSource('a Parquet table with labels', {
  labels: 'numbers',
  write: (folder, images) => writeTable(folder, images, { labelled: true }),
});

describeImageSource('a Parquet table with labels and an index of pages', {
  labels: 'numbers',
  write: (folder, images) => writeTable(folder, images, { labelled: true, pages: true }),
});
