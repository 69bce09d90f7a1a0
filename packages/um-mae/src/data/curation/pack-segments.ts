/** Packs images with masks into tar shards, which training reads as it reads the files. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClassRules } from '../segmentation/classes/class-rules.js';
import { resolveClasses } from '../segmentation/classes/resolve-classes.js';
import type { SegmentRules } from '../segmentation/open-segmented-images.js';
import type { PairedImages } from '../segmentation/paired-images.js';
import { checkPairs } from '../segmentation/scan/check-pairs.js';
import { type ScanOptions, scanPairs } from '../segmentation/scan/scan-pairs.js';
import { writeNewFolder } from './new-folder.js';
import { type PackOptions, type PackReport, writeLines, writeShards } from './pack.js';

/**
 * Writes a folder of shards for each part, or shards alone where there are no parts; image and mask
 * are `NAME.jpg` and `NAME.seg.png`, as they are stored. The names, values and colours of the
 * classes stand beside the shards in `classes.txt`.
 *
 * @throws DataError when masks would spoil training, or when the folder holds anything
 */
export async function packSegments(
  sets: readonly PairedImages[],
  rules: SegmentRules,
  { out, workers, onProgress, ...options }: PackOptions & Pick<ScanOptions, 'workers'>,
): Promise<PackReport> {
  const scanned = [];
  for (const set of sets) scanned.push({ set, scans: await scanPairs(set, { workers }) });
  for (const one of scanned) checkPairs(one, rules.exif);
  const lines = classLines((await resolveClasses(scanned, rules)).rules);
  return writeNewFolder(out, 'the shards', async (folder) => {
    const reports: PackReport[] = [];
    let before = 0;
    for (const set of sets) {
      const inside = sets.length > 1 ? join(folder, `${set.part}`) : folder;
      await mkdir(inside, { recursive: true });
      const packed = { ...set, labelOf: () => undefined, classes: [] };
      const tell = (done: number) => onProgress?.(before + done);
      reports.push(await writeShards(packed, { ...options, out: inside, onProgress: tell }));
      await writeLines(inside, lines);
      before += set.images.count;
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

/** Lines of a file of classes: value, name and colour; ignored values are called void. */
function classLines({ classes, ignore }: ClassRules): string[] {
  const named = classes.flatMap(({ name, masks, colour }) =>
    masks.map((value) => ({ value, name, colour })),
  );
  const hidden = ignore.map((value) => ({ value, name: 'void', colour: undefined }));
  return [...named, ...hidden].map(({ value, name, colour }, line) => {
    const shown = typeof value === 'string' ? value : colour;
    const fields = [typeof value === 'string' ? line : value, name];
    return [...fields, ...(shown === undefined ? [] : [shown])].join('\t');
  });
}
