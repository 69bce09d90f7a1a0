/** Lines for people on images with objects. */
import { basename } from 'node:path';
import { counted } from '../../../counted.js';
import type { Role } from '../../segmentation/paired-images.js';
import type { Annotations } from '../annotations.js';
import type { ObjectsOfImage } from '../known-objects.js';
import { classCounts } from './object-report.js';

/** A set, and the classes of the job. */
interface Described {
  readonly objects: readonly ObjectsOfImage[];
  readonly classes: readonly string[];
}

/** One line on what was recognised of a part. */
export function describeObjects(
  role: Role,
  { path, title, part }: Annotations,
  { objects: images, classes }: Described,
): string {
  const counts = classCounts(images, classes.length);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const empty = images.filter(({ objects }) => objects.length === 0).length;
  const crowds = images.flatMap(({ objects }) => objects).filter(({ isCrowd }) => isCrowd).length;
  const without = classes.filter((_, label) => counts[label] === 0);
  const notes = [
    `${counted(total, 'object')} of ${counted(classes.length, 'class', 'classes')} in ${counted(images.length, 'image')}`,
    ...(empty > 0
      ? [
          `${counted(empty, 'image')} without objects, kept as ${empty === 1 ? 'negative' : 'negatives'}`,
        ]
      : []),
    ...(crowds > 0 ? [`${counted(crowds, 'crowd')}, not learnt from`] : []),
    ...(without.length > 0 ? [`no object of ${shortList(without)}`] : []),
  ];
  const place = part === undefined ? basename(path) : `${basename(path)}, part ${part}`;
  return `${role}: ${title} (${place}): ${notes.join('; ')}`;
}

function shortList(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
