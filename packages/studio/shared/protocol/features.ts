/** Features of images that a run keeps, and what its encoder makes of an image. */

/** A file of features in a run, in one line. */
export interface FeatureFile {
  /** The name of the file, without its folder. */
  readonly name: string;
  /** Changes when the file does. */
  readonly version: string;
}

/** `GET /api/runs/:id/features/:name` */
export interface FeatureMap {
  /** The names of the images. */
  readonly paths: readonly string[];
  /** The class of each image, as a place in `classes`; null where none is known. */
  readonly labels: readonly (number | null)[];
  /** The names of the classes, in the order of their numbers. */
  readonly classes: readonly string[];
  /** The stages of the encoder whose features these are. */
  readonly stages: readonly number[];
  /** The numbers that stand for the map of a stage: `mean`, or `mean-and-deviation`. */
  readonly pooling: string;
  readonly channels: number;
  /**
   * Numbers of each image in `GET /api/runs/:id/features/:name/components`: f32 [images,
   * components].
   */
  readonly components: number;
  /** Share of the variance that each component has. */
  readonly explained: readonly number[];
}

/** An image that is like another. */
export interface SimilarImage {
  /** The place of the image among those of the file. */
  readonly image: number;
  /** Cosine of the angle between standardised features. */
  readonly similarity: number;
}

/** `GET /api/runs/:id/features/:name/similar/:image`, and `POST .../similar` of an image */
export interface SimilarImages {
  /** The most similar one first. */
  readonly similar: readonly SimilarImage[];
}

/** `POST /api/runs/:id/maps` of an image: what the encoder of the run makes of it. */
export interface StageMaps {
  /** A PNG in base64: the image as the encoder sees it. */
  readonly input: string;
  readonly pictures: readonly {
    /** Counted from 0. */
    readonly stage: number;
    readonly kind: 'features' | 'attention';
    readonly rows: number;
    readonly columns: number;
    /**
     * The range of the picture. For attention: the least and the most, where 1 is even. For
     * features: 0, and the share of the variance that is shown.
     */
    readonly range: readonly [number, number];
    /** A PNG in base64. */
    readonly png: string;
  }[];
}
