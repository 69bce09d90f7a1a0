/** The results of a detector. */

/** Left, top, width and height in pixels of the whole image. */
export type ObjectBox = readonly [left: number, top: number, width: number, height: number];

/** A mask in COCO's compressed form. */
export interface ObjectMask {
  readonly size: readonly [height: number, width: number];
  readonly counts: string;
}

/** Average precision and recall of a class; null where no object is expected. */
export interface ObjectScores {
  readonly ap: number | null;
  readonly ap50: number | null;
  readonly ap75: number | null;
  readonly recall: number | null;
}

/** An image with its objects, and with those that were found. */
export interface ComparedImage {
  readonly path: string;
  /** The size that boxes and masks are written by. */
  readonly width: number;
  readonly height: number;
  /** A JPEG in base64, made small. */
  readonly picture: string;
  readonly objects: readonly {
    readonly label: number;
    readonly box: ObjectBox;
    readonly mask?: ObjectMask | undefined;
    readonly isCrowd: boolean;
    readonly isMissed: boolean;
  }[];
  /** The best first; verdicts are those at `leastScore`. */
  readonly found: readonly {
    readonly label: number;
    readonly box: ObjectBox;
    readonly mask?: ObjectMask | undefined;
    readonly score: number;
    readonly verdict: 'right' | 'wrong-class' | 'false' | 'ignored' | null;
  }[];
}

/** The results of a detector of boxes, or of boxes and masks. */
export interface DetectionResults {
  readonly step: number;
  readonly epoch: number;
  /** COCO's twelve numbers by their names. */
  readonly boxes: Readonly<Record<string, number | null>>;
  readonly masks?: Readonly<Record<string, number | null>> | undefined;
  readonly classes: readonly {
    readonly name: string;
    readonly objects: number;
    readonly boxes: ObjectScores;
    readonly masks?: ObjectScores | undefined;
  }[];
  /** Precision at recalls 0, 0.01 ... 1, of each class at some overlaps. */
  readonly curves: readonly {
    readonly label: number;
    readonly by: 'box' | 'mask';
    readonly overlap: number;
    readonly precision: readonly number[];
  }[];
  /** The score from which on objects count in `confusion` and in verdicts. */
  readonly leastScore: number;
  /**
   * Rows are true classes, and last the background; columns found ones, and last nothing. Empty of
   * more than 1,000 classes.
   */
  readonly confusion: readonly (readonly number[])[];
  /** The images of most mistakes for their objects, the worst first. */
  readonly worst: readonly ComparedImage[];
}
