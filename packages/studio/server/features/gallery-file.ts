/**
 * Files of features in runs: what they say of themselves is kept until they change, the rest is
 * read when it is asked for.
 */
import type { FileHandle } from 'node:fs/promises';
import { type Gallery, isWhole, parseGallery, parseHeader } from 'um-mae/features';
import { UmMaeError } from 'um-mae/runs';
import { NotFoundError } from '../errors.js';
import type { ShownFolder } from '../files/inside.js';
import { readPart } from '../files/read.js';

/** Names and labels of some hundred thousand images. */
const largestHeader = 2 ** 26;
/** Numbers that are sent or compared at once. */
const largestPart = 2 ** 29;

/** Small pictures take some kilobytes. */
const largestPicture = 2 ** 22;
const startOfJpeg = Buffer.of(0xff, 0xd8);

/** Their names and labels are in memory. */
const mostKnown = 8;

/** A file, and where in it the parts begin. */
interface Known {
  readonly version: string;
  readonly gallery: Gallery;
  readonly start: number;
}

/** The files of features in a folder. */
export class GalleryFiles {
  /** Those that were opened last, by their paths. */
  private readonly known = new Map<string, Known>();

  constructor(private readonly folder: ShownFolder) {}

  /**
   * Opens a file of features.
   *
   * @param parts of the path below the folder
   * @throws NotFoundError when there is no such file; UmMaeError when it holds something else
   */
  async open(parts: readonly string[]): Promise<GalleryFile> {
    const key = parts.join('/');
    return this.folder.withFile(parts, async (file) => {
      const { size, mtimeMs, ino } = await file.stat();
      const version = `${ino}-${size}-${mtimeMs}`;
      let known = this.known.get(key);
      if (known?.version !== version) {
        known = { version, ...(await parse(file, size, parts.at(-1) ?? '')) };
        this.keep(key, known);
      }
      const read = <Result>(body: (file: FileHandle) => Promise<Result>) =>
        this.folder.withFile(parts, body);
      return new GalleryFile(known.gallery, parts.at(-1) ?? '', known.start, read);
    });
  }

  private keep(key: string, known: Known): void {
    this.known.delete(key);
    this.known.set(key, known);
    const [oldest = key] = this.known.keys();
    if (this.known.size > mostKnown) this.known.delete(oldest);
  }
}

/** One file of features, opened by `GalleryFiles`. */
export class GalleryFile {
  constructor(
    readonly gallery: Gallery,
    /** The path of the file in its run. */
    private readonly name: string,
    private readonly start: number,
    private readonly read: <Result>(body: (file: FileHandle) => Promise<Result>) => Promise<Result>,
  ) {}

  /** f32 [images, channels] @throws UmMaeError when they are damaged, or too many */
  features(): Promise<Float32Array> {
    return this.numbers('features');
  }

  /** f32 [images, components] @throws UmMaeError when they are damaged, or too many */
  components(): Promise<Float32Array> {
    return this.numbers('components');
  }

  /** A JPEG. @throws NotFoundError where there is none */
  async picture(image: number): Promise<Buffer> {
    const { pictures, pictureEnds } = this.gallery.parts;
    const missing = new NotFoundError(`Expected a picture of image ${image} but there is none.`);
    if (!(image >= 0 && image < this.gallery.paths.length)) throw missing;
    return this.read(async (file) => {
      // The end of the one before, where there is one, and its own.
      const first = image === 0 ? 0 : image - 1;
      const at = this.start + pictureEnds.begin;
      const ends = await readPart(file, at + 8 * first, 8 * (image - first + 1));
      const end = Number(ends.readBigInt64LE(ends.length - 8));
      const begin = image === 0 ? 0 : Number(ends.readBigInt64LE(0));
      const size = pictures.end - pictures.begin;
      const isInside = begin >= 0 && begin < end && end <= size && end - begin <= largestPicture;
      if (!isInside) throw missing;
      const picture = await readPart(file, this.start + pictures.begin + begin, end - begin);
      if (!picture.subarray(0, 2).equals(startOfJpeg)) throw missing;
      return picture;
    });
  }

  private async numbers(name: 'features' | 'components'): Promise<Float32Array> {
    const { begin, end } = this.gallery.parts[name];
    const bytes = end - begin;
    if (bytes > largestPart) {
      throw new NotFoundError(
        `Expected features of at most ${largestPart} bytes but got ${bytes}; embed fewer images.`,
      );
    }
    const read = await this.read((file) => readPart(file, this.start + begin, bytes));
    const values = new Float32Array(bytes / 4);
    new Uint8Array(values.buffer).set(read);
    if (isWhole(this.gallery, name, values)) return values;
    throw new UmMaeError(
      'features',
      `Expected ${name} in ${this.name} but they are damaged, of another checksum.`,
    );
  }
}

async function parse(
  file: FileHandle,
  size: number,
  name: string,
): Promise<Pick<Known, 'gallery' | 'start'>> {
  const length = size < 8 ? 0 : Number((await readPart(file, 0, 8)).readBigUInt64LE(0));
  if (length === 0 || length > Math.min(largestHeader, size - 8)) {
    throw new UmMaeError('features', `Expected features in ${name} but it is damaged.`);
  }
  const start = 8 + length;
  const header = parseHeader(await readPart(file, 8, length), size - start, name);
  return { gallery: parseGallery(header, name), start };
}
