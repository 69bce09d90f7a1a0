/** Counts of pixels by label and predicted class over a whole set, and the scores that follow. */
import { at } from '../../../at.js';
import type { ProcessGroup } from '../../../data/loading/in-parts.js';
import { DataError } from '../../../errors.js';

/** Numbers of classes, one for each pixel. */
export type PixelLabels = Uint8Array | Int32Array;

/** Counts and scores of one class. */
export interface ClassScores {
  /** Pixels of the label that are predicted so. */
  readonly intersection: number;
  /** Pixels that are predicted so, and have a label. */
  readonly predicted: number;
  /** Pixels of the label. */
  readonly labelled: number;
  /** Intersection over union; null for a class that is neither labelled nor predicted. */
  readonly iou: number | null;
  /** Share of the label's pixels that are predicted so; null for a class that is not labelled. */
  readonly accuracy: number | null;
  /** 2 intersection / (predicted + labelled); null as `iou` is. */
  readonly dice: number | null;
}

/** Scores over a whole set; means leave out the classes whose own score is null. */
export interface PixelScores {
  readonly classes: readonly ClassScores[];
  readonly meanIou: number;
  readonly meanAccuracy: number;
  readonly meanDice: number;
  /** Share of all labelled pixels that are predicted right. */
  readonly pixelAccuracy: number;
  /** Labelled pixels. */
  readonly pixels: number;
}

/**
 * Pixels of a set by label and predicted class. Counts of all images are added before anything is
 * divided, as in Cityscapes and ADE20K.
 */
export class PixelConfusion {
  /** [label, predicted class], row by row. */
  readonly counts: Float64Array;

  constructor(
    readonly classes: number,
    /** Pixels of this label do not count. */
    readonly ignored = -1,
  ) {
    this.counts = new Float64Array(classes * classes);
  }

  /**
   * Adds the pixels of an image.
   *
   * @throws DataError when a label is neither a class nor ignored
   */
  add(predicted: PixelLabels, labels: PixelLabels): void {
    const { classes, counts, ignored } = this;
    for (let i = 0; i < labels.length; i++) {
      const label = at(labels, i);
      if (label === ignored) continue;
      if (label >= classes) {
        throw new DataError(`Expected labels from 0 to ${classes - 1} but got ${label}.`);
      }
      const cell = label * classes + at(predicted, i);
      counts[cell] = at(counts, cell) + 1;
    }
  }

  /** Adds the counts of the other processes, which call it together. */
  async addOthers(team: Pick<ProcessGroup, 'sum'>): Promise<void> {
    this.counts.set(await team.sum([...this.counts]));
  }

  scores(): PixelScores {
    const classes = Array.from({ length: this.classes }, (_, i) => this.#scoresOf(i));
    const total = (of: (each: ClassScores) => number) =>
      classes.reduce((sum, each) => sum + of(each), 0);
    const pixels = total(({ labelled }) => labelled);
    return {
      classes,
      meanIou: mean(classes.map(({ iou }) => iou)),
      meanAccuracy: mean(classes.map(({ accuracy }) => accuracy)),
      meanDice: mean(classes.map(({ dice }) => dice)),
      pixelAccuracy: pixels === 0 ? 0 : total(({ intersection }) => intersection) / pixels,
      pixels,
    };
  }

  #scoresOf(number: number): ClassScores {
    const { classes, counts } = this;
    let [predicted, labelled] = [0, 0];
    for (let other = 0; other < classes; other++) {
      predicted += at(counts, other * classes + number);
      labelled += at(counts, number * classes + other);
    }
    const intersection = at(counts, number * classes + number);
    const union = predicted + labelled - intersection;
    return {
      intersection,
      predicted,
      labelled,
      iou: union === 0 ? null : intersection / union,
      accuracy: labelled === 0 ? null : intersection / labelled,
      dice: union === 0 ? null : (2 * intersection) / (predicted + labelled),
    };
  }
}

/** The mean of the numbers that there are; 0 where there are none. */
function mean(values: readonly (number | null)[]): number {
  const numbers = values.filter((value) => value !== null);
  return numbers.length === 0 ? 0 : numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}
