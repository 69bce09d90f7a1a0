/** `um-mae predict`: what a fine-tuned network says of images. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, parse, resolve } from 'node:path';
import { replaceFile } from '@um-mae/torch/files';
import { type Command, Option } from 'commander';
import { findImages, isFolder } from '../../data/image-files.js';
import type { PartItem } from '../../data/loading/in-parts.js';
import type { SkippedImage } from '../../data/loading/unreadable.js';
import type { AnnotatedImage } from '../../data/objects/annotations.js';
import {
  convertAnnotations,
  type WrittenFormat,
  writtenFormats,
} from '../../data/objects/writing/convert.js';
import { Remarks } from '../../data/sources/remarks.js';
import { DataError } from '../../errors.js';
import { printableLine } from '../../printable.js';
import type { Assignment } from '../../recipes/values/assignments.js';
import type { DrawnPrediction, PictureKind } from '../../tasks/finetune/drawn-predictions.js';
import {
  deviceOption,
  entryOption,
  inferenceOption,
  place,
  positive,
  share,
  verifyOption,
  workersOption,
} from '../flags/option-values.js';
import { addTeamFlags, type TeamFlags } from '../flags/team-flags.js';
import { refuseInput } from '../output/picture-file.js';
import { printRemarks } from '../output/remarks.js';
import { tellPassedOver } from '../output/skipped-images.js';
import { type SharedWork, shareWork } from '../team/shared-work.js';

const pictureKinds: readonly PictureKind[] = ['out', 'overlay'];

interface PredictFlags extends TeamFlags {
  readonly top: number;
  readonly out?: string;
  readonly overlay?: string;
  readonly entry?: string;
  readonly verify: boolean;
  readonly set?: readonly Assignment[];
  readonly labels?: string;
  readonly format: WrittenFormat;
  readonly leastScore: number;
  readonly device: string;
  readonly workers: number;
  readonly json?: boolean;
}

export function addPredict(command: Command): void {
  command
    .argument(
      '<run>',
      'a run of um-mae finetune, whose best weights are taken, or a file of weights',
    )
    .argument('<image...>', 'files, and folders of images at any depth')
    .option(
      '--top <n>',
      'number of classes to list for each image, the likeliest first',
      positive,
      5,
    )
    .option(
      '--out <path>',
      'segmentation: a PNG of class numbers with a palette; detection: the image with its objects; a folder for several images',
      place,
    )
    .option('--overlay <path>', 'the image with its classes in colours; as --out', place)
    .option(...entryOption)
    .option(...verifyOption)
    .option(...inferenceOption)
    .option(
      '--labels <folder>',
      'detection: a new set of the images with the objects found, to correct and to learn from',
      place,
    )
    .addOption(
      new Option('--format <name>', 'format of --labels').choices(writtenFormats).default('coco'),
    )
    .option('--least-score <n>', 'score of objects that are drawn and written', share, 0.3)
    .option(...deviceOption)
    .option(...workersOption());
  addTeamFlags(command).option('--json', 'print one JSON object per image').action(run);
}

async function run(
  path: string,
  files: readonly string[],
  flags: PredictFlags,
  command: Command,
): Promise<void> {
  await shareWork(flags, command, (work) => predict(path, files, { flags, work }));
}

async function predict(
  path: string,
  files: readonly string[],
  { flags, work }: { readonly flags: PredictFlags; readonly work: SharedWork },
): Promise<void> {
  const { resolveDevice } = await import('@um-mae/torch');
  const { readTrained } = await import('../../tasks/finetune/trained.js');
  const { drawnPredictions } = await import('../../tasks/finetune/drawn-predictions.js');
  const { team, signal, workers } = work;
  const { top, leastScore } = flags;
  const device = resolveDevice(work.device);
  const { task, ...trained } = readTrained(path, {
    device,
    entry: flags.entry,
    verify: flags.verify,
    inference: flags.set,
  });
  const images = await findNamed(files);
  const { paths } = images;
  for (const target of [flags.out, flags.overlay])
    if (target !== undefined) checkTarget(target, images);
  const draws = pictureKinds.filter((kind) => flags[kind] !== undefined);
  const options = { top, workers, device, leastScore, draws, team, signal };
  const annotated: AnnotatedImage[] = [];
  const skipped: SkippedImage[] = [];
  const tell = ({ path: image, report, text, annotated: own, unreadable }: DrawnPrediction) => {
    if (own) annotated.push(own);
    if (unreadable !== undefined) skipped.push({ path: image, reason: unreadable });
    if (flags.json) console.log(JSON.stringify({ path: image, ...report }));
    else if (unreadable === undefined) console.log(printableLine(`${image}: ${text}`));
  };
  const later: PartItem<DrawnPrediction>[] = [];
  for await (const { part, item } of drawnPredictions(task, trained, paths, options)) {
    writePictures(item, images, flags);
    if (part === 0) tell(item);
    else later.push({ part, item: { ...item, pictures: [] } });
  }
  for (const { item } of later.sort((a, b) => a.part - b.part)) tell(item);
  tellPassedOver(skipped, paths.length);
  if (flags.labels !== undefined && team?.leads !== false) {
    await writeLabels(annotated, task.kind.classesOf(trained.recipe), flags);
  }
}

/** The images that a user names. */
interface NamedImages {
  readonly paths: readonly string[];
  /** Whether their pictures go into a folder. */
  readonly areSeveral: boolean;
}

/** Finds the images of files and folders, in the order in which these are named. */
async function findNamed(places: readonly string[]): Promise<NamedImages> {
  const paths: string[] = [];
  let folders = 0;
  for (const place of places.map((named) => resolve(named))) {
    if (existsSync(place) && (await isFolder(place))) {
      folders++;
      paths.push(...(await findImages([place])).paths);
    } else paths.push(place);
  }
  return { paths, areSeveral: folders > 0 || paths.length > 1 };
}

/** @throws DataError when nothing was found that labels are made of, or the folder is not new */
async function writeLabels(
  images: readonly AnnotatedImage[],
  classes: readonly string[],
  { labels = '', format }: PredictFlags,
): Promise<void> {
  if (images.length === 0) {
    throw new DataError(
      'Expected a network that finds objects for --labels but got one whose predictions are no objects.',
    );
  }
  const set = { path: labels, title: 'predictions', part: undefined, classes };
  const hasOutlines = images.some(({ objects }) => objects.some(({ outline }) => outline));
  const annotations = { ...set, images, hasOutlines, remarks: new Remarks() };
  const { remarks } = await convertAnnotations([annotations], { format, out: labels });
  printRemarks(remarks);
}

/**
 * @throws DataError unless it is a PNG for one image, and a folder for several, whose pictures have
 *   names of their own
 */
function checkTarget(target: string, { paths, areSeveral }: NamedImages): void {
  const isPng = /\.png$/i.test(target);
  if (!areSeveral && !isPng) {
    throw new DataError(`Expected a file that ends in .png for a picture but got ${target}.`);
  }
  if (!areSeveral) return;
  if (isPng && !existsSync(target)) {
    throw new DataError(
      `Expected a folder for the pictures of ${paths.length} images but got ${target}, the name of a file.`,
    );
  }
  const names = paths.map((path) => parse(path).name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return;
  throw new DataError(
    `Expected images of different names for pictures in one folder but got several of the name ${twice}.\nPredict them one by one.`,
  );
}

/** @throws DataError when the task draws nothing, or a picture would replace an image */
function writePictures(
  { path, pictures, unreadable }: DrawnPrediction,
  { paths, areSeveral }: NamedImages,
  flags: Pick<PredictFlags, PictureKind>,
): void {
  if (unreadable !== undefined) return;
  const [wanted] = pictureKinds.filter((kind) => flags[kind] !== undefined);
  if (wanted && !pictures) {
    throw new DataError(
      `Expected a network of segmentation for --${wanted} but got one whose predictions are no pictures.`,
    );
  }
  for (const [kind, png] of pictures ?? []) {
    const target = flags[kind] ?? '';
    const file = areSeveral ? join(target, `${parse(path).name}.png`) : target;
    refuseInput(file, paths);
    mkdirSync(dirname(file), { recursive: true });
    replaceFile(file, (append) => append(png));
  }
}
