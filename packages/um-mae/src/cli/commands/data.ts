/** `um-mae data`: what is in a set of images, and packing one into shards. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type CheckReport, checkImages } from '../../data/curation/check.js';
import { packImages } from '../../data/curation/pack.js';
import { withoutClasses } from '../../data/sources/files.js';
import { joinSources } from '../../data/sources/image-set.js';
import { openImages } from '../../data/sources/open-images.js';
import { bytes, count, counted } from '../format.js';
import { addMaskFlags, type MaskFlags } from '../mask-flags.js';
import {
  dataRootOption,
  place,
  positive,
  positiveNumber,
  workersOption,
} from '../option-values.js';
import { clearStatus, showStatus } from '../status-line.js';
import { printable } from '../terminal.js';
import { checkMasks, openMasks, printMasks, printSuggestion } from './data-masks.js';

interface SourceFlags {
  readonly dataRoot?: string;
  readonly json?: boolean;
}

interface CheckFlags extends SourceFlags, MaskFlags {
  readonly tiny: number;
  readonly aspect: number;
  readonly workers: number;
  readonly masks?: boolean;
  readonly suggestClasses?: boolean;
}

interface PackFlags extends SourceFlags {
  readonly out: string;
  readonly shardSize: number;
}

const sources = 'folders, images, lists, tar shards and Parquet files';

const sourcesText = `
Sources, here and for pretrain --data:
  photos/                      a folder: its images at any depth, or, if it has none, its shards and tables
  list.txt, list.lst           an image per line: path, or path and the number of its class
  shards/{000000..000146}.tar  WebDataset shards: images, each perhaps with its class
                               in .cls, or as label in .json
  train-0.parquet              a table with a column of images, perhaps with the column label`;

const masksText = `

Images with masks, for semantic segmentation, are recognised by their folders: ADE20K, Cityscapes,
Pascal VOC, CamVid, COCO-Stuff, or images/ and masks/, each with train/ and val/ or the other way
round. Lists of \`image mask\` lines and shards with NAME.jpg and NAME.png take --masks.`;

export function addData(program: Command): void {
  const command = program.command('data').description('Check sets of images, or pack them');
  addCheck(command);
  addPack(command);
}

function addCheck(data: Command): void {
  const command = data
    .command('check')
    .description(
      'Find unreadable, tiny, elongated and duplicate images; compute channel statistics',
    )
    .argument('<source...>', sources)
    .option(...dataRootOption)
    .option('--tiny <pixels>', 'name images whose shorter side has fewer', positive, 32)
    .option('--aspect <ratio>', 'name images whose sides differ by more', positiveNumber, 5)
    .option(...workersOption())
    .option('--masks', 'images with masks, or nothing: layout, pairs, values, classes')
    .option('--suggest-classes', 'print the values of masks as a classes.txt to fill in')
    .option('--json', 'print one JSON object, with every finding')
    .addHelpText('after', sourcesText + masksText);
  addMaskFlags(command).action(check);
}

function addPack(data: Command): void {
  data
    .command('pack')
    .description(
      'Copy images, as they are, into tar shards with an index, as WebDataset reads them',
    )
    .argument('<source...>', sources)
    .requiredOption('--out <folder>', 'folder for the shards; it must not hold anything', place)
    .option('--shard-size <n>', 'images in a shard', positive, 1000)
    .option(...dataRootOption)
    .option('--json', 'print one JSON object')
    .addHelpText('after', sourcesText)
    .action(pack);
}

async function check(inputs: readonly string[], flags: CheckFlags): Promise<void> {
  const masked = await openMasks(inputs, flags);
  if (masked && flags.suggestClasses) return printSuggestion(masked, flags);
  const masks = masked && (await checkMasks(masked, flags));
  const { images } = masked
    ? joinSources(masked.map((set) => withoutClasses(set.images)))
    : await openImages(inputs, { root: flags.dataRoot });
  const report = await checkImages(images, {
    workers: flags.workers,
    smallestSide: flags.tiny,
    largestAspect: flags.aspect,
    onProgress: (done) => showStatus('checked', done, images.count),
  });
  clearStatus();
  if (flags.json) {
    console.log(JSON.stringify({ ...report, ...(masks && { masks }) }));
    return;
  }
  if (masks) printMasks(masks);
  print(report, flags);
}

async function pack(inputs: readonly string[], flags: PackFlags): Promise<void> {
  const opened = await openImages(inputs, { root: flags.dataRoot });
  const out = resolve(flags.out);
  const packed = await packImages(opened, {
    out,
    imagesPerShard: flags.shardSize,
    onProgress: (done) => showStatus('packed', done, opened.images.count),
  });
  clearStatus();
  if (flags.json) {
    console.log(JSON.stringify({ out, ...packed }));
    return;
  }
  const { images, shards, skipped } = packed;
  const size = bytes(packed.bytes);
  console.log(`${counted(images, 'image')} in ${counted(shards, 'shard')}, ${size}, in ${out}`);
  const unreadable = skipped.map(({ path, reason }) => `${path}: ${reason}`);
  if (skipped.length > 0) printFindings('skipped, as they cannot be read', unreadable);
  console.log(`\nNext: um-mae pretrain --data ${flags.out}`);
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

const listed = 10;

function printFindings(what: string, findings: readonly string[]): void {
  console.log(`${count(findings.length)} ${what}`);
  for (const finding of findings.slice(0, listed)) console.log(printable(`  ${finding}`));
  const more = findings.length - listed;
  if (more > 0) console.log(`  and ${count(more)} more, which --json lists`);
}
