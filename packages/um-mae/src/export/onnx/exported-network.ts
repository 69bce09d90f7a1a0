/**
 * The contract between a task and exports: the computation of its network, and its names elsewhere.
 */
import type { Tensor } from '@um-mae/torch';
import type { ImageSize } from '../../backbones/backbone.js';
import type { DetectorUse } from '../../detection/plain/index.js';
import type { GraphOptions, ModelGraph } from './model.js';
import type { NamedTensors } from './verify.js';

/** A graph, and what it has to compute, by the names of its outputs. */
export interface Computation {
  readonly graph: (options: GraphOptions) => ModelGraph;
  readonly expected: (images: Tensor) => Readonly<Record<string, Tensor>>;
  /** The output that a program asks for first. */
  readonly output: string;
}

/** A network as transformers have it. */
export interface TransformersForm {
  /** The end of the name of its class, after that of the family: `ForImageClassification`. */
  readonly architecture: string;
  /** Entries of `config.json` beside those of every network. */
  readonly config: object;
  /** The name of its image processor, which makes of outputs what the pipeline gives. */
  readonly processor: string;
  /** The pipeline of transformers.js that runs it. */
  readonly pipeline: string;
}

/** The scale that images of any size are brought to: most pixels of their sides. */
export interface FittingScale {
  readonly long: number;
  readonly short: number;
}

/** The part of a network that classifies pixels. */
export interface ClassifiedPixels {
  /** The computation of the likeliest class of every pixel, in place of all logits. */
  readonly classMaps: Computation;
  /** The scale of images whose size is left open. */
  readonly scale: FittingScale;
  /** Colours of the classes, such as `#804080`. */
  readonly colours: readonly string[];
}

/** A graph that runs on regions of a picture, after that of the picture. */
export interface RegionGraph {
  /** The name of its file ends in it: `cells.boxes.onnx`. */
  readonly name: 'boxes' | 'boxes2' | 'boxes3' | 'masks';
  readonly graph: () => ModelGraph;
  /** Random inputs to check it by, f32. */
  readonly inputs: () => NamedTensors;
  readonly expected: (inputs: NamedTensors) => NamedTensors;
}

/** The part of a network that finds objects. */
export interface FoundObjects {
  /** The way in which objects are made of what the graphs give for images of a size. */
  readonly use: (image: ImageSize) => DetectorUse;
  readonly interpolation: 'bicubic' | 'bilinear';
  /** None where one graph is enough. */
  readonly regionGraphs: (image: ImageSize) => readonly RegionGraph[];
}

export interface ExportedNetwork {
  /**
   * The kind of the network in words, after the name of its backbone: `classifier of 8 classes`.
   */
  readonly title: string;
  /** Names of the classes, in the order of their numbers; none where there are none. */
  readonly classes: readonly string[];
  /** The size of images that is exported. Default: that of the recipe. */
  readonly image?: ImageSize;
  /**
   * The way from an image to this size: the middle of it (`crop`, the default), all of it, whatever
   * its sides (`stretch`), or all of it with its shape kept, at the top left (`pad`).
   */
  readonly fitting?: 'crop' | 'stretch' | 'pad';
  /** None of a network that says one thing of an image. */
  readonly pixels?: ClassifiedPixels;
  /** None of a network that finds no objects. */
  readonly objects?: FoundObjects;
  readonly computation: Computation;
  /** Undefined where transformers have no such network. */
  readonly transformers: TransformersForm | undefined;
  /** Whether timm reads the weights where the backbone is a ViT. */
  readonly isKnownToTimm: boolean;
}
