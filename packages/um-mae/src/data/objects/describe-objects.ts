/** Lines for people on images with objects. */
import { basename } from 'node:path';
import type { Role } from '../segmentation/paired-images.js';
import type { Annotations } from './annotations.js';
import type { ObjectsOfImage } from './known-objects.js';
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
    `${numbered(total, 'object')} of ${numbered(classes.length, 'class', 'classes')} in ${numbered(images.length, 'image')}`,
    ...(empty > 0
      ? [
          `${numbered(empty, 'image')} without objects, kept as ${empty === 1 ? 'negative' : 'negatives'}`,
        ]
      : []),
    ...(crowds > 0 ? [`${numbered(crowds, 'crowd')}, not learnt from`] : []),
    ...(without.length > 0 ? [`no object of ${shortList(without)}`] : []),
  ];
  const place = part === undefined ? basename(path) : `${basename(path)}, part ${part}`;
  return `${role}: ${title} (${place}): ${notes.join('; ')}`;
}

function numbered(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function shortList(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
