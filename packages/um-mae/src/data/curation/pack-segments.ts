/** Packs images with masks into tar shards, which training reads as it reads the files. */
import type { ClassRules } from '../segmentation/classes/class-rules.js';
import { resolveClasses } from '../segmentation/classes/resolve-classes.js';
import type { SegmentRules } from '../segmentation/open-segmented-images.js';
import type { PairedImages } from '../segmentation/paired-images.js';
import { checkPairs } from '../segmentation/scan/check-pairs.js';
import { type ScanOptions, scanPairs } from '../segmentation/scan/scan-pairs.js';
import type { PackOptions, PackReport } from './pack.js';
import { packParts } from './pack-parts.js';

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
  { workers, ...options }: PackOptions & Pick<ScanOptions, 'workers'>,
): Promise<PackReport> {
  const scanned = [];
  for (const set of sets) scanned.push({ set, scans: await scanPairs(set, { workers }) });
  for (const one of scanned) checkPairs(one, rules.exif);
  const lines = classLines((await resolveClasses(scanned, rules)).rules);
  return packParts(sets, lines, options);
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
