/** The encoded bytes of one image, from wherever it is kept. */
import { notEmpty, readImageFile, readImageMember } from '../../images/encoded-image.js';
import { UnreadableImage } from '../../images/unreadable-image.js';
import type { ImageLocation } from './image-set.js';
import type { ParquetRows } from './parquet/parquet-rows.js';

/**
 * Reads images in a thread that has nothing else to do meanwhile, so it waits for the disk: a file
 * takes a fifth of the time that promises take, and no thread of libuv's pool, which decoding
 * needs.
 */
export class ImageReader {
  private rows: ParquetRows | undefined;

  /** @throws UnreadableImage when the file is missing, shorter than it was, or empty */
  async read(location: ImageLocation): Promise<Buffer> {
    return notEmpty(await this.bytesOf(location));
  }

  private async bytesOf(location: ImageLocation): Promise<Buffer> {
    switch (location.kind) {
      case 'file':
        return readImageFile(location.path);
      case 'member':
        return readImageMember(location.path, location.offset, location.bytes);
      case 'row':
        return this.readRow(location.path, location.column, location.row);
    }
  }

  private async readRow(path: string, column: string, row: number): Promise<Buffer> {
    try {
      this.rows ??= await openRows();
      const { buffer, byteOffset, length } = await this.rows.read(path, column, row);
      return Buffer.from(buffer, byteOffset, length);
    } catch (cause) {
      // The reader of the format has no class for what it finds damaged.
      if (!(cause instanceof Error)) throw cause;
      throw new UnreadableImage(`in a damaged table (${cause.message.split('\n')[0]})`, { cause });
    }
  }
}

/** Loads the reader of tables, whose WebAssembly takes gigabytes of address space in each thread. */
async function openRows(): Promise<ParquetRows> {
  return new (await import('./parquet/parquet-rows.js')).ParquetRows();
}
