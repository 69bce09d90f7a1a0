/** Packs the parts of a set into tar shards, with the classes of all of them. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeNewFolder } from './new-folder.js';
import {
  type PackedImages,
  type PackOptions,
  type PackReport,
  refuseLineBreaks,
  writeLines,
  writeShards,
} from './pack.js';

/** A part of a set, of which more is known than classes of images. */
export interface PackedPart extends Omit<PackedImages, 'labelOf' | 'classes'> {
  readonly part?: string | undefined;
}

/**
 * Writes a folder of shards for each part, or shards alone where there are no parts.
 *
 * @param lines the content of the `classes.txt` that stands beside the shards of each part
 * @throws DataError when the folder holds anything, or cannot be written
 */
export async function packParts(
  parts: readonly PackedPart[],
  lines: readonly string[],
  { out, onProgress, ...options }: PackOptions,
): Promise<PackReport> {
  refuseLineBreaks(lines);
  return writeNewFolder(out, 'the shards', async (folder) => {
    const reports: PackReport[] = [];
    let before = 0;
    for (const own of parts) {
      const inside = parts.length > 1 ? join(folder, `${own.part}`) : folder;
      await mkdir(inside, { recursive: true });
      const packed = { ...own, labelOf: () => undefined, classes: [] };
      const tell = (done: number) => onProgress?.(before + done);
      reports.push(await writeShards(packed, { ...options, out: inside, onProgress: tell }));
      await writeLines(inside, lines);
      before += own.images.count;
    }
    const sum = (count: (report: PackReport) => number) =>
      reports.reduce((total, report) => total + count(report), 0);
    return {
      shards: sum(({ shards }) => shards),
      images: sum(({ images }) => images),
      bytes: sum(({ bytes }) => bytes),
      skipped: reports.flatMap(({ skipped }) => skipped),
    };
  });
}
