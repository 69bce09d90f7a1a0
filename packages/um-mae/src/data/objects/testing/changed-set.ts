/** Two drawn images whose annotations a test changes before it opens them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTrainingObjects } from '../open-detected-images.js';
import { cocoOf, type DrawnImage, putPart } from './drawn-set.js';

/** An image with a cell, and one with a rim. */
export const drawnPair: readonly [DrawnImage, DrawnImage] = [
  { width: 40, height: 30, objects: [{ label: 0, box: [3, 4, 10, 12] }] },
  { width: 24, height: 36, objects: [{ label: 1, box: [2, 3, 20, 8] }] },
];
/** The classes of both images. */
export const pairClasses = ['cell', 'rim'];

/** The annotations as COCO JSON has them. */
export type Coco = ReturnType<typeof cocoOf>;
/** The annotations after a change, of any form. */
export type ChangedCoco = Record<string, unknown>;

/** A set in `set/` of a folder: a part to learn from, and one to evaluate on. */
export class ChangedSet {
  constructor(private readonly root: string) {}

  at(...names: readonly string[]): string {
    return join(this.root, ...names);
  }

  /** Draws the images of both parts. */
  async prepare(): Promise<void> {
    const part = { images: drawnPair, classes: pairClasses };
    for (const name of ['train', 'val']) await putPart(this.at('set'), name, part);
  }

  /** Opens the set with changed annotations of the part to learn from. */
  async open(change: (coco: Coco) => ChangedCoco, { needsOutlines = false } = {}) {
    const file = this.at('set/annotations/instances_train.json');
    writeFileSync(file, JSON.stringify(change(cocoOf(drawnPair, pairClasses))));
    const paths = { train: file, val: this.at('set/annotations/instances_val.json') };
    return openTrainingObjects(paths, { classes: null, needsOutlines });
  }
}
