/** `um-mae data`: what is in a set of images, and packing one into shards. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { counted } from '../../../counted.js';
import { type CheckReport, checkImages } from '../../../data/curation/check.js';
import { packImages } from '../../../data/curation/pack.js';
import { packSegments } from '../../../data/curation/pack-segments.js';
import { reportObjects } from '../../../data/objects/checks/object-report.js';
import { imageSetOf } from '../../../data/objects/detected-images.js';
import { packAnnotations } from '../../../data/objects/writing/shards.js';
import { type ImageSet, joinImages } from '../../../data/sources/image-set.js';
import { type OpenedImages, openImages } from '../../../data/sources/open-images.js';
import { printableLine } from '../../../printable.js';
import { addMaskFlags, type MaskFlags, maskRules } from '../../flags/mask-flags.js';
import { place, positive, positiveNumber, workersOption } from '../../flags/option-values.js';
import { addReadingFlags, type ReadingFlags, readingOf } from '../../flags/reading-flags.js';
import { bytes, count } from '../../output/format.js';
import { printRemarks } from '../../output/remarks.js';
import { StatusLine } from '../../output/terminal/status-line.js';
import { checkMasks, openMasks, printMasks, printSuggestion } from './data-masks.js';
import {
  addConvert,
  addObjectFlags,
  type ObjectFlags,
  openObjects,
  printObjects,
  sizesOf,
} from './data-objects.js';
import { addSplit } from './data-split.js';

interface SourceFlags extends ReadingFlags {
  readonly json?: boolean;
}

interface CheckFlags extends SourceFlags, MaskFlags, ObjectFlags {
  readonly tiny: number;
  readonly aspect: number;
  readonly workers: number;
  readonly masks?: boolean;
  readonly suggestClasses?: boolean;
}

interface PackFlags extends SourceFlags, MaskFlags, ObjectFlags {
  readonly masks?: boolean;
  readonly workers: number;
  readonly out: string;
  readonly shardSize: number;
}

const sources = 'folders, images, lists, tar shards and Parquet files';

const sourcesText = `
Sources, here and for pretrain --data:
  photos/                      a folder: its images at any depth, or, if it has none, its shards and tables
  list.txt, list.lst, .csv     an image per line: path, or path and the name or number of its class
  shards/{000000..000146}.tar  WebDataset shards: images, each perhaps with its class
                               in .cls, or as label in .json
  train-0.parquet              a table with a column of images, perhaps with the column label`;

const masksText = `

Images with masks, for semantic segmentation, are recognised by their folders: ADE20K, Cityscapes,
Pascal VOC, CamVid, COCO-Stuff, or images/ and masks/, each with train/ and val/ or the other way
round. Lists of \`image mask\` lines and shards with NAME.jpg and NAME.png take --masks.

Images with boxes or outlines of objects are recognised, too: COCO's JSON, Pascal VOC, YOLO, and
exports of CVAT and Label Studio. Lists of such images and shards with NAME.json take --objects.`;

export function addData(command: Command): void {
  addCheck(command);
  addPack(command);
  addConvert(command);
  addSplit(command);
}

function addCheck(data: Command): void {
  const command = data
    .command('check')
    .description(
      'Find unreadable, tiny, elongated and duplicate images; compute channel statistics',
    )
    .argument('<source...>', sources);
  addReadingFlags(command)
    .option('--tiny <pixels>', 'name images whose shorter side has fewer', positive, 32)
    .option('--aspect <ratio>', 'name images whose sides differ by more', positiveNumber, 5)
    .option(...workersOption())
    .option('--masks', 'images with masks, or nothing: layout, pairs, values, classes')
    .option('--suggest-classes', 'print the values of masks as a classes.txt to fill in')
    .option('--json', 'print one JSON object, with every finding')
    .addHelpText('after', sourcesText + masksText);
  addMaskFlags(addObjectFlags(command)).action(check);
}

function addPack(data: Command): void {
  const command = data
    .command('pack')
    .description(
      'Copy images, as they are, into tar shards with an index, as WebDataset reads them',
    )
    .argument('<source...>', sources);
  addReadingFlags(command)
    .requiredOption('--out <folder>', 'folder for the shards; it must not hold anything', place)
    .option('--shard-size <n>', 'images in a shard', positive, 1000)
    .option('--masks', 'images with masks, or nothing; the parts become folders')
    .option(...workersOption())
    .option('--json', 'print one JSON object')
    .addHelpText('after', sourcesText + masksText);
  addMaskFlags(addObjectFlags(command)).action(pack);
}

async function check(inputs: readonly string[], flags: CheckFlags): Promise<void> {
  const { masked, annotated, opened } = await openSources(inputs, flags);
  if (masked && flags.suggestClasses) return printSuggestion(masked, flags);
  const masks = masked && (await checkMasks(masked, flags));
  const objects = annotated && reportObjects(annotated);
  const { images, remarks } = opened;
  const status = new StatusLine('checked');
  const report = await checkImages(images, {
    workers: flags.workers,
    smallestSide: flags.tiny,
    largestAspect: flags.aspect,
    sizeOf: annotated && sizesOf(annotated),
    onProgress: (done) => status.show(done, images.count),
  });
  status.clear();
  if (flags.json) {
    const classes = classesOf(opened);
    console.log(
      JSON.stringify({
        ...report,
        classes,
        remarks,
        ...(masks && { masks }),
        ...(objects && { objects }),
      }),
    );
    return;
  }
  if (masks) printMasks(masks);
  if (objects) printObjects(objects);
  print(report, flags);
  printClasses(opened);
  printRemarks(remarks);
}

/** Images, and their masks or objects where a set has some. */
async function openSources(inputs: readonly string[], flags: CheckFlags | PackFlags) {
  const masked = flags.objects ? undefined : await openMasks(inputs, flags);
  const annotated = masked ? undefined : await openObjects(inputs, flags);
  const sets =
    masked?.map((set) => set.images) ?? annotated?.map(({ images }) => imageSetOf(images));
  const opened = sets ? unlabelled(joinImages(sets)) : await openImages(inputs, readingOf(flags));
  return { masked, annotated, opened };
}

async function pack(inputs: readonly string[], flags: PackFlags): Promise<void> {
  const { masked, annotated, opened } = await openSources(inputs, flags);
  const out = resolve(flags.out);
  const { workers, shardSize: imagesPerShard } = flags;
  const status = new StatusLine('packed');
  const onProgress = (done: number) => status.show(done, opened.images.count);
  const options = { out, imagesPerShard, onProgress };
  const packed = masked
    ? await packSegments(masked, maskRules(flags), { ...options, workers })
    : annotated
      ? await packAnnotations(annotated, options)
      : await packImages(opened, options);
  status.clear();
  if (flags.json) {
    const sets = masked ?? annotated;
    const parts = sets && { parts: sets.map(({ part = null }) => part) };
    console.log(JSON.stringify({ out, ...packed, ...parts, remarks: opened.remarks }));
    return;
  }
  const { images, shards, skipped } = packed;
  const size = bytes(packed.bytes);
  const known = masked ? ' with masks' : annotated ? ' with objects' : '';
  console.log(
    `${counted(images, 'image')}${known} in ${counted(shards, 'shard')}, ${size}, in ${out}`,
  );
  const unreadable = skipped.map(({ path, reason }) => `${path}: ${reason}`);
  if (skipped.length > 0) printFindings('skipped, as they cannot be read', unreadable);
  printRemarks(opened.remarks);
  const objectTask = annotated?.every(({ hasOutlines }) => hasOutlines) ? 'instances' : 'detection';
  const task = masked ? 'segmentation' : annotated && objectTask;
  const next = task ? `finetune --task ${task}` : 'pretrain';
  console.log(`\nNext: um-mae ${next} --data ${flags.out}`);
}

function print(report: CheckReport, { tiny, aspect }: CheckFlags): void {
  const sized = ({ path, width, height }: CheckReport['tiny'][number]) =>
    `${path}: ${width} x ${height}`;
  console.log(counted(report.images, 'image'));
  printFindings(
    'unreadable',
    report.unreadable.map(({ path, reason }) => `${path}: ${reason}`),
  );
  printFindings(`with a side below ${tiny} pixels`, report.tiny.map(sized));
  printFindings(`with sides that differ by more than ${aspect} times`, report.elongated.map(sized));
  warnOf('of another size than their annotations say', report.otherSize.map(sized));
  printFindings(
    'groups of equal files',
    report.duplicates.map((paths) => paths.join(' = ')),
  );
  warnOf('nearly black all over; are they of 10 to 14 bits, stored as 16?', report.dark);
  warnOf('nearly of one level all over', report.flat);
  if (!report.channels) return;
  const values = (channels: readonly number[]) =>
    channels.map((value) => value.toFixed(4)).join(' ');
  console.log(`mean of red, green, blue       ${values(report.channels.mean)}`);
  console.log(`deviation of red, green, blue  ${values(report.channels.std)}`);
}

/** Says what is suspicious, and nothing where there is nothing of it. */
function warnOf(what: string, paths: readonly string[]): void {
  if (paths.length > 0) printFindings(what, paths);
}

/** Returns images whose masks, and not they, have classes. */
function unlabelled(images: ImageSet): OpenedImages {
  const labels = { labelOf: () => undefined, classes: [], isDeclared: false };
  return { ...labels, images, ignored: 0, remarks: [] };
}

/** Counts the images of each class; nothing where no class is known. */
function classesOf({ images, labelOf, classes }: OpenedImages): Record<string, number> {
  const counts = new Map<number, number>();
  for (let index = 0; index < images.count; index++) {
    const label = labelOf(index);
    if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const inOrder = [...counts].sort(([a], [b]) => a - b);
  return Object.fromEntries(inOrder.map(([label, count]) => [classes[label] ?? `${label}`, count]));
}

function printClasses(opened: OpenedImages): void {
  const counts = Object.entries(classesOf(opened));
  if (counts.length === 0) return;
  const shown = counts.slice(0, listed).map(([name, images]) => `${name} ${count(images)}`);
  const more = counts.length - listed;
  const rest = more > 0 ? ` and ${count(more)} more` : '';
  console.log(printableLine(`images by class: ${shown.join(', ')}${rest}`));
}

const listed = 10;

function printFindings(what: string, findings: readonly string[]): void {
  console.log(`${count(findings.length)} ${what}`);
  for (const finding of findings.slice(0, listed)) console.log(printableLine(`  ${finding}`));
  const more = findings.length - listed;
  if (more > 0) console.log(`  and ${count(more)} more, which --json lists`);
}
