/**
 * Opens images whose objects are known: everything that can be refused is, before anything is
 * learnt.
 */
import { counted } from '../../counted.js';
import { DataError } from '../../errors.js';
import { sameName } from '../labels/label-text.js';
import type { Role } from '../segmentation/paired-images.js';
import { describeRemark, type Remark } from '../sources/remarks.js';
import type { Annotations } from './annotations.js';
import { checkObjects } from './checks/check-objects.js';
import { describeObjects } from './checks/describe-objects.js';
import { type DetectedImages, detectedImages } from './detected-images.js';
import type { AnnotationOptions } from './formats/annotation-layout.js';
import { type ObjectsOfImage, trainedObjects } from './known-objects.js';
import { openAnnotations } from './open-annotations.js';
import { openStuffMaps, type WantedStuff } from './stuff-maps.js';

/** Images to learn from and to evaluate on. */
export interface TrainingObjects {
  readonly train: DetectedImages;
  readonly val: DetectedImages;
  /** Names of the classes, by their numbers, for the recipe. */
  readonly classes: readonly string[];
  /** Lines for people on what was recognised, and on what looks odd. */
  readonly findings: readonly string[];
}

/** Paths of images with annotations; one path for both, where it holds a part for each. */
export interface ObjectPaths extends AnnotationOptions {
  readonly train: string;
  readonly val: string;
}

/** The needs of a task that finds objects. */
export interface ObjectRules {
  /** Names of the classes to learn, in their order; null: all that the training part has. */
  readonly classes: readonly string[] | null;
  /** Whether objects without outlines are of no use. */
  readonly needsOutlines: boolean;
  /** The maps of stuff that training needs. Default none. */
  readonly stuff?: WantedStuff | undefined;
}

/**
 * Recognises both parts, and checks all of their objects.
 *
 * @throws DataError of one sentence for whatever would spoil training
 */
export async function openTrainingObjects(
  { train: trainPath, val: valPath, ...options }: ObjectPaths,
  rules: ObjectRules,
): Promise<TrainingObjects> {
  const train = await openAnnotations(trainPath, { ...options, role: 'train' });
  const val = await openAnnotations(valPath, { ...options, role: 'val' });
  if (trainPath === valPath && train.part === val.part) throw onePart(train);
  const classes = rules.classes ?? distinctClasses(train);
  const sets = {
    train: openSet(train, { ...rules, classes }),
    val: openSet(val, { ...rules, classes }),
  };
  const { stuff } = rules;
  const maps = stuff && openStuffMaps(train, stuff);
  checkTrained(train, sets.train.objects);
  const findings = (['train', 'val'] as const).flatMap((role) => [
    describeObjects(role, role === 'train' ? train : val, { ...sets[role], classes }),
    ...(role === 'train' ? train : val).remarks
      .list()
      .map((remark) => `${role}: ${describeRemark(remark)}`),
  ]);
  return { train: { ...sets.train.images, stuff: maps }, val: sets.val.images, classes, findings };
}

/**
 * Opens one set, by classes that are known.
 *
 * @param role the part that is taken where the path has several. Default `val`
 * @throws DataError as above
 */
export async function openDetectedImages(
  {
    path,
    role = 'val',
    ...options
  }: AnnotationOptions & {
    readonly path: string;
    readonly role?: Role;
  },
  rules: ObjectRules & { readonly classes: readonly string[] },
): Promise<DetectedImages & { readonly remarks: readonly Remark[] }> {
  const annotations = await openAnnotations(path, { ...options, role });
  return { ...openSet(annotations, rules).images, remarks: annotations.remarks.list() };
}

/** The classes of annotations, each once: two of one name are one. */
function distinctClasses({ classes }: Annotations): string[] {
  return [...new Map(classes.map((name) => [sameName(name), name])).values()];
}

interface OpenedSet {
  readonly images: DetectedImages;
  readonly objects: readonly ObjectsOfImage[];
}

function openSet(
  annotations: Annotations,
  { classes, needsOutlines }: ObjectRules & { readonly classes: readonly string[] },
): OpenedSet {
  if (needsOutlines && !annotations.hasOutlines) {
    throw new DataError(
      `Expected outlines of objects in ${annotations.path} (${annotations.title}) but got boxes only.\n` +
        'Train --task detection on boxes.',
    );
  }
  const objects = checkObjects(annotations, labelsOf(annotations, classes));
  return { images: detectedImages(annotations, objects), objects };
}

/** The class of the job for each class of the annotations, by its name. */
function labelsOf(
  { classes: own, images, remarks, path }: Annotations,
  classes: readonly string[],
): (number | undefined)[] {
  const places = new Map(classes.map((name, place) => [sameName(name), place]));
  const labels = own.map((name) => places.get(sameName(name)));
  if (own.length === 0) {
    const most = remarks.describeMost() ?? '';
    throw new DataError(`Expected classes of objects in ${path} but got none.\n${most}`.trim());
  }
  if (labels.every((label) => label === undefined)) {
    throw new DataError(
      `Expected one of the classes ${classes.slice(0, 5).join(', ')} in ${path} but got ${own.slice(0, 5).join(', ')}.`,
    );
  }
  for (const { objects } of images) {
    for (const { label } of objects) {
      if (labels[label] !== undefined) continue;
      remarks.add('objects of other classes, left out', own[label] ?? `${label}`);
    }
  }
  return labels;
}

/** The error for a set of one part, which cannot be learnt from and evaluated on. */
function onePart({ path, part }: Annotations): DataError {
  const found = part === undefined ? 'annotations without parts' : `only \`${part}\``;
  return new DataError(
    `Expected a part for training and one for validation in ${path} but got ${found}.\n` +
      'Name two sets by --train and --val.',
  );
}

function checkTrained({ path, remarks }: Annotations, images: readonly ObjectsOfImage[]): void {
  if (images.some((image) => trainedObjects(image).length > 0)) return;
  const found = `none in ${counted(images.length, 'image')}`;
  const most = remarks.describeMost() ?? '';
  throw new DataError(
    `Expected objects to learn from in ${path} but got ${found}.\n${most}`.trim(),
  );
}
