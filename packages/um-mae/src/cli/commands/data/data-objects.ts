/** `um-mae data check` on images with objects, and `um-mae data convert`. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { counted } from '../../../counted.js';
import { isFolder } from '../../../data/image-files.js';
import type { Annotations } from '../../../data/objects/annotations.js';
import type { ObjectReport, PartReport } from '../../../data/objects/checks/object-report.js';
import { layoutOf, openAllAnnotations } from '../../../data/objects/open-annotations.js';
import {
  convertAnnotations,
  type WrittenFormat,
  writtenFormats,
} from '../../../data/objects/writing/convert.js';
import { describeRemark } from '../../../data/sources/remarks.js';
import { DataError } from '../../../errors.js';
import type { Size } from '../../../images/geometry/resize.js';
import { printableLine } from '../../../printable.js';
import { dataRootOption, place } from '../../flags/option-values.js';
import { count } from '../../output/format.js';
import { printRemarks } from '../../output/remarks.js';
import { StatusLine } from '../../output/terminal/status-line.js';

/** The flags that say which annotations are meant. */
export interface ObjectFlags {
  readonly objects?: boolean;
  readonly annotations?: string;
  readonly dataRoot?: string;
  readonly exclude?: readonly string[];
}

const annotationsOption = [
  '--annotations <part>',
  'part of the name of the annotation files to take, where there are several',
] as const;

/** Adds the flags of `check`. */
export function addObjectFlags(command: Command): Command {
  return command
    .option('--objects', 'images with boxes or outlines of objects, or nothing')
    .option(...annotationsOption);
}

/**
 * The parts of a set of images with objects.
 *
 * @returns undefined where objects are not asked for, and `inputs` is no set that has them
 */
export async function openObjects(
  inputs: readonly string[],
  { objects, annotations, dataRoot: root, exclude }: ObjectFlags,
): Promise<readonly Annotations[] | undefined> {
  const [only, ...others] = inputs;
  const isAsked = objects || annotations !== undefined;
  if (only === undefined || others.length > 0) {
    if (!isAsked) return undefined;
    throw new DataError('Expected one source of images with objects but got several.');
  }
  const options = { annotations, root, exclude };
  if (isAsked) return openAllAnnotations(only, options);
  const folder = resolve(only);
  if (!existsSync(folder) || !(await isFolder(folder)) || !(await layoutOf(folder, options))) {
    return undefined;
  }
  return openAllAnnotations(only, options);
}

/** The sizes that annotations say, by the place of an image in all parts together. */
export function sizesOf(parts: readonly Annotations[]): (index: number) => Size | undefined {
  const sizes = parts.flatMap(({ images }) => images.map(({ size }) => size));
  return (index) => sizes[index];
}

/** Prints the counts of all parts. */
export function printObjects({ classes, parts }: ObjectReport): void {
  for (const part of parts) {
    for (const line of describePart(part)) console.log(printableLine(line));
  }
  const names = parts.map(({ part }) => part ?? 'all');
  const width = Math.max(...classes.map((name) => name.length), 'objects'.length);
  const row = (name: string, cells: readonly string[]) =>
    printableLine(`${name.padEnd(width)}${cells.map((cell) => cell.padStart(10)).join('')}`);
  console.log(`\n${row('objects', names)}`);
  for (const [label, name] of classes.entries()) {
    const counts = parts.map((part) => count(part.counts[label] as number));
    console.log(row(name, counts));
  }
  console.log('');
}

function describePart(part: PartReport): string[] {
  const { title, images, objects, empty, crowds, outlines, stuffMaps, most } = part;
  const { areas, sides, remarks } = part;
  const { small, medium, large } = areas;
  const pixels = (length: number) => `${Number(length.toFixed(1))}`;
  const name = part.part ?? 'all';
  return [
    `${name}: ${title}, ${counted(objects, 'object')} in ${counted(images, 'image')}, at most ${most} in one`,
    ...(outlines > 0 ? [`  ${counted(outlines, 'outline')}`] : []),
    ...(crowds > 0 ? [`  ${counted(crowds, 'crowd')}, not learnt from`] : []),
    ...(stuffMaps === undefined
      ? []
      : [`  ${counted(stuffMaps, 'map', 'maps')} of stuff for ${counted(images, 'image')}`]),
    ...(empty > 0 ? [`  ${counted(empty, 'image')} without objects, kept as negatives`] : []),
    `  areas: ${count(small)} small (below 32 x 32), ${count(medium)} medium, ${count(large)} large (above 96 x 96)`,
    ...(sides
      ? [
          `  sides of boxes: ${pixels(sides.median)} pixels in the middle, 5 % below ${pixels(sides.low)}, 5 % above ${pixels(sides.high)}`,
        ]
      : []),
    ...remarks.map((remark) => `  ${describeRemark(remark)}`),
  ];
}

interface ConvertFlags extends ObjectFlags {
  readonly to: WrittenFormat;
  readonly out: string;
  readonly json?: boolean;
}

/** Adds `um-mae data convert`. */
export function addConvert(data: Command): void {
  data
    .command('convert')
    .description('Write images with boxes or outlines in the format of another program')
    .argument('<source>', 'a set of images with objects, in any format that is read')
    .addOption(
      new Option('--to <format>', 'format to write')
        .choices([...writtenFormats])
        .makeOptionMandatory(),
    )
    .requiredOption('--out <folder>', 'folder for the new set; it must not hold anything', place)
    .option(...annotationsOption)
    .option(...dataRootOption)
    .option('--json', 'print one JSON object')
    .action(convert);
}

async function convert(source: string, flags: ConvertFlags): Promise<void> {
  const { annotations, dataRoot: root, to: format } = flags;
  const parts = await openAllAnnotations(source, { annotations, root });
  const total = parts.reduce((sum, { images }) => sum + images.length, 0);
  const out = resolve(flags.out);
  const status = new StatusLine('copied');
  const report = await convertAnnotations(parts, {
    format,
    out,
    onProgress: (done) => status.show(done, total),
  });
  status.clear();
  if (flags.json) {
    console.log(JSON.stringify({ out, ...report }));
    return;
  }
  const { images, objects, remarks } = report;
  console.log(`${counted(objects, 'object')} in ${counted(images, 'image')}, in ${out}`);
  printRemarks(remarks);
}
