/** One list of classes for several parts of a set, matched by their names. */
import { sameName } from '../labels/label-text.js';
import type { Annotations } from './annotations.js';

/** The same parts, whose labels are places in one list: that of the first, then what others add. */
export function withSharedClasses(parts: readonly Annotations[]): Annotations[] {
  const classes: string[] = [];
  const places = new Map<string, number>();
  for (const name of parts.flatMap((part) => part.classes)) {
    if (places.has(sameName(name))) continue;
    places.set(sameName(name), classes.length);
    classes.push(name);
  }
  return parts.map((part) => {
    const labels = part.classes.map((name) => places.get(sameName(name)) as number);
    const images = part.images.map((image) => ({
      ...image,
      objects: image.objects.map((object) => ({
        ...object,
        label: labels[object.label] as number,
      })),
    }));
    return { ...part, classes, images };
  });
}
