/** The messages between the page and the thread of a model. */
import type { SeenObject } from 'um-mae/detect';

export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** The runtime that the user has chosen. Undefined for the best available one. */
export type RuntimeChoice = Runtime['kind'] | undefined;

/** The runtime of a model: the graphics processor, or WebAssembly on so many threads. */
export type Runtime =
  | { readonly kind: 'webgpu' }
  | { readonly kind: 'wasm'; readonly threads: number };

/** The classes of pixels, and the colours that show them, such as `#804080`. */
export interface PixelClasses {
  readonly classes: readonly string[];
  readonly colours: readonly string[];
}

/**
 * A classifier names its classes in the order of its logits; a backbone gives features; a segmentor
 * tells the class of every pixel; a detector finds objects.
 */
export type ModelTask =
  | { readonly kind: 'classifier'; readonly classes: readonly string[] }
  | { readonly kind: 'backbone' }
  | ({ readonly kind: 'segmentor' } & PixelClasses)
  | { readonly kind: 'detector'; readonly classes: readonly string[] };

export interface ModelDescription {
  readonly task: ModelTask;
  /** The size of the images that the model sees; undefined where it takes any. */
  readonly image: ImageSize | undefined;
  readonly runtime: Runtime;
}

/** The output of the model for one image. */
export interface ImageResult {
  /**
   * Logits of a classifier, `[classes]`; pooled features of a backbone, `[channels]`; shares of the
   * pixels that a segmentor gives each class, `[classes]`. None of a detector.
   */
  readonly values: Float32Array<ArrayBuffer>;
  /** The classes of the pixels in their colours, as large as what a segmentor has seen. */
  readonly mask?: Blob | undefined;
  /** The objects that a detector has found, in pixels of the upright image. */
  readonly objects?: readonly SeenObject[] | undefined;
  /** The size of the upright image, in pixels. */
  readonly image: ImageSize;
  /** The part that the model sees, as an image of some hundred pixels. */
  readonly view: Blob;
  /** Decoding and resizing, in milliseconds. */
  readonly preparationMs: number;
  /** The model alone, in milliseconds. */
  readonly modelMs: number;
}

/** A request to the thread. `load` comes first, and once. */
export type Request =
  | {
      readonly id: number;
      readonly kind: 'load';
      readonly file: File;
      /** Files that may be other graphs of the same model. */
      readonly others: readonly File[];
      /** The address of the file, beside which others may lie; undefined for a user's file. */
      readonly address: string | undefined;
      readonly choice: RuntimeChoice;
    }
  | { readonly id: number; readonly kind: 'run'; readonly file: File };

export type LoadRequest = Extract<Request, { readonly kind: 'load' }>;

export type Reply =
  | { readonly id: number; readonly kind: 'loaded'; readonly value: ModelDescription }
  | { readonly id: number; readonly kind: 'ran'; readonly value: ImageResult }
  | {
      readonly id: number;
      readonly kind: 'failed';
      /** A sentence for the user. */
      readonly message: string;
      /** Whether it is the model that has failed, not a file. */
      readonly isFinal: boolean;
    };
