/** Packs images, as they are, into tar shards that WebDataset and `openImages` read. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { DataError } from '../../errors.js';
import { reasonOf } from '../../images/unreadable-image.js';
import type { SkippedImage } from '../loading/unreadable.js';
import { type ImageLocation, nameOf } from '../sources/image-set.js';
import type { OpenedImages } from '../sources/open-images.js';
import { ImageReader } from '../sources/read-image.js';
import { tarIndex } from '../sources/tar/tar-index.js';
import { writeNewFolder } from './new-folder.js';
import { tarEnd, tarHeader, tarPadding } from './tar-writer.js';

export interface PackOptions {
  /** Folder for the shards; it appears when all are complete. */
  readonly out: string;
  readonly imagesPerShard: number;
  /** Called with the number of images packed so far. */
  readonly onProgress?: (done: number) => void;
}

/** Images, and what is known of their classes. */
export interface PackedImages extends Pick<OpenedImages, 'images' | 'labelOf' | 'classes'> {
  /** The file of the classes of an image's pixels, which is packed beside it. */
  readonly maskOf?: (index: number) => ImageLocation;
  /** All else that is known of an image, which is packed beside it as `.json`. */
  readonly jsonOf?: (index: number) => object;
}

export interface PackReport {
  readonly shards: number;
  readonly images: number;
  readonly bytes: number;
  /** Images whose bytes could not be read: they are in no shard. */
  readonly skipped: readonly SkippedImage[];
}

/**
 * Writes `000000.tar`, ... with an index beside each. An image is called `folder/number-name.jpg`,
 * its class, if known, stands beside it as `.cls`, and the names of the classes in `classes.txt`.
 *
 * @throws DataError when the folder holds anything, or cannot be written
 */
export async function packImages(opened: PackedImages, options: PackOptions): Promise<PackReport> {
  refuseLineBreaks(opened.classes);
  return writeNewFolder(options.out, 'the shards', async (folder) => {
    const report = await writeShards(opened, { ...options, out: folder });
    if (opened.classes.length > 0) await writeLines(folder, opened.classes);
    return report;
  });
}

/** Writes the names of classes beside shards. */
export async function writeLines(folder: string, lines: readonly string[]): Promise<void> {
  await writeFile(join(folder, 'classes.txt'), `${lines.join('\n')}\n`);
}

/** @throws DataError unless each name has one line, as it stands in a file, one a line */
export function refuseLineBreaks(classes: readonly string[]): void {
  const broken = classes.find((name) => /[\r\n]/.test(name));
  if (broken === undefined) return;
  throw new DataError(`Expected names of classes of one line but got ${JSON.stringify(broken)}.`);
}

/** Writes shards into a folder that is there. */
export async function writeShards(
  { images, labelOf, maskOf, jsonOf }: PackedImages,
  { out, imagesPerShard, onProgress }: PackOptions,
): Promise<PackReport> {
  const reader = new ImageReader();
  const skipped: SkippedImage[] = [];
  let [shards, packed, bytes] = [0, 0, 0];
  for (let index = 0; index < images.count; ) {
    const path = join(out, `${String(shards++).padStart(6, '0')}.tar`);
    const shard = new ShardWriter(path);
    try {
      for (let held = 0; held < imagesPerShard && index < images.count; index++) {
        const location = images.locate(index);
        const content = await reader.read(location).catch(reasonOf);
        const place = maskOf?.(index);
        const mask = place && (await reader.read(place).catch(reasonOf));
        const reason = [content, mask].find((read) => typeof read === 'string');
        if (typeof content === 'string' || typeof mask === 'string') {
          const path = nameOf(typeof content === 'string' || !place ? location : place);
          skipped.push({ path, reason: `${reason}` });
          continue;
        }
        const key = keyOf(location, index);
        shard.add(`${key}.${extensionOf(location, content)}`, content);
        if (place && mask) shard.add(`${key}.seg.${extensionOf(place, mask)}`, mask);
        if (jsonOf) shard.add(`${key}.json`, Buffer.from(JSON.stringify(jsonOf(index))));
        const label = labelOf(index);
        if (label !== undefined) shard.add(`${key}.cls`, Buffer.from(String(label)));
        held++;
        packed++;
      }
      bytes += shard.end();
    } finally {
      shard.close();
    }
    await tarIndex(path);
    onProgress?.(index);
    // Lets signals through.
    await setImmediate();
  }
  return { shards, images: packed, bytes, skipped };
}

/**
 * Unique by its number, without dots: WebDataset takes all after the first one for the extension.
 */
function keyOf(location: ImageLocation, index: number): string {
  const number = String(index).padStart(8, '0');
  if (location.kind === 'row') return number;
  const path = location.kind === 'file' ? location.path : location.name;
  const plain = (text: string) => text.replace(/[^\p{L}\p{N}_-]+/gu, '_');
  const folder = plain(basename(dirname(path)));
  const name = `${number}-${plain(basename(path, extname(path)))}`;
  return folder === '' || folder === '_' ? name : `${folder}/${name}`;
}

function extensionOf(location: ImageLocation, content: Uint8Array): string {
  if (location.kind === 'row') return imageExtension(content);
  const name = location.kind === 'file' ? location.path : location.name;
  return extname(name).slice(1).toLowerCase();
}

class ShardWriter {
  private readonly descriptor: number;
  private bytes = 0;

  constructor(path: string) {
    this.descriptor = openSync(path, 'wx');
  }

  add(name: string, content: Uint8Array): void {
    const parts = [tarHeader(name, content.length), content, tarPadding(content.length)];
    this.append(Buffer.concat(parts));
  }

  /** @returns the size of the complete shard, which is on the disk */
  end(): number {
    this.append(tarEnd);
    fsyncSync(this.descriptor);
    return this.bytes;
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private append(content: Uint8Array): void {
    for (let done = 0; done < content.length; ) {
      done += writeSync(this.descriptor, content, done);
    }
    this.bytes += content.length;
  }
}

/** The extension that encoded bytes would have as a file, by how they begin. */
export function imageExtension(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  return beginnings.find(([pattern]) => pattern.test(text))?.[1] ?? 'jpg';
}

/**
 * The first bytes of the image formats. Other data is called a JPEG, and decoding reports it as
 * unreadable.
 */
const beginnings: readonly (readonly [RegExp, string])[] = [
  [/^\x89PNG/, 'png'],
  [/^GIF8/, 'gif'],
  [/^BM/, 'bmp'],
  [/^RIFF[\s\S]{4}WEBP/, 'webp'],
  [/^(II\*\0|MM\0\*)/, 'tiff'],
  [/^[\s\S]{4}ftypavi[fs]/, 'avif'],
];
