/**
 * Single rows of Parquet files.
 *
 * Rows are stored in groups that are compressed together, page by page. Where the file has an index
 * of pages, only the row's page is read. Else its whole group is, and kept for its neighbours:
 * visiting such files in random order reads every group as often as it has rows, so they are better
 * packed into shards first.
 */
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { openParquetFile, type ParquetFile } from './parquet-file.js';

/** One thread's share of the memory for groups; one group is kept in any case. */
const groupBytes = 64e6;
const openFiles = 16;

interface Group {
  /** The row of the file at which `images` begins. */
  readonly start: number;
  readonly images: readonly Uint8Array[];
  readonly bytes: number;
}

/** The empty bytes of a row that holds no picture. */
const nothing = new Uint8Array();

export class ParquetRows {
  /** Open files by path, the one used last at the end. */
  private readonly files = new Map<string, ParquetFile>();
  /** Groups of rows by path and first row, the one used last at the end. */
  private readonly groups = new Map<string, Group>();
  private bytes = 0;

  /** The encoded image of a row, no bytes if it has none. */
  async read(path: string, column: string, row: number): Promise<Uint8Array> {
    const file = await this.open(path);
    const { start, rows, hasPageIndex } = groupOf(file, column, row);
    if (hasPageIndex) return (await readImages(file, column, row, row + 1))[0] ?? nothing;
    const key = `${path}\0${column}\0${start}`;
    const group = this.groups.get(key) ?? (await readGroup(file, column, start, rows));
    this.keep(key, group);
    return group.images[row - start] ?? nothing;
  }

  private async open(path: string): Promise<ParquetFile> {
    const file = this.files.get(path) ?? (await openParquetFile(path));
    this.files.delete(path);
    this.files.set(path, file);
    for (const [oldest, { close }] of this.files) {
      if (this.files.size <= openFiles) break;
      this.files.delete(oldest);
      close();
    }
    return file;
  }

  private keep(key: string, group: Group): void {
    if (this.groups.delete(key)) this.bytes -= group.bytes;
    this.groups.set(key, group);
    this.bytes += group.bytes;
    for (const [oldest, { bytes }] of this.groups) {
      if (this.bytes <= groupBytes || this.groups.size === 1) break;
      this.groups.delete(oldest);
      this.bytes -= bytes;
    }
  }
}

/** The group that holds a row, and whether its pages can be read one by one. */
function groupOf({ metadata }: ParquetFile, column: string, row: number) {
  let start = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    if (row < start + rows) {
      const chunks = group.columns.filter((chunk) => chunk.meta_data?.path_in_schema[0] === column);
      return { start, rows, hasPageIndex: chunks.every((chunk) => chunk.offset_index_length) };
    }
    start += rows;
  }
  throw new RangeError(`row ${row} of ${start}`);
}

async function readGroup(
  file: ParquetFile,
  column: string,
  start: number,
  rows: number,
): Promise<Group> {
  const images = await readImages(file, column, start, start + rows);
  return { start, images, bytes: images.reduce((sum, { length }) => sum + length, 0) };
}

async function readImages(
  { buffer, metadata }: ParquetFile,
  column: string,
  rowStart: number,
  rowEnd: number,
): Promise<Uint8Array[]> {
  const rows = await parquetReadObjects({
    file: buffer,
    metadata,
    columns: [column],
    rowStart,
    rowEnd,
    compressors,
    utf8: false,
    useOffsetIndex: true,
  });
  return rows.map(({ [column]: value }) => {
    const bytes = value instanceof Uint8Array ? value : value?.bytes;
    return bytes instanceof Uint8Array ? bytes : nothing;
  });
}
