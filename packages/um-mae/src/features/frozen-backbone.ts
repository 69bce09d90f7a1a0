/** An encoder that is used as it is: images in, feature maps and an embedding out. */
import { noGrad, scope, type Tensor } from '@um-mae/torch';
import type { Backbone, ImageSize } from '../backbones/backbone.js';
import { checkImageSize } from '../backbones/image-size.js';
import { pooledChannels } from '../backbones/pooled-stages.js';
import type { ReadingOptions } from '../data/reading-options.js';
import type { ImageSet } from '../data/sources/image-set.js';
import { openImages } from '../data/sources/open-images.js';
import { DataError, UmMaeError } from '../errors.js';
import { decodeBytes, decodeImage } from '../images/decode.js';
import { evaluationCrop } from '../images/geometry/crop.js';
import { type RgbImage, resample } from '../images/geometry/resize.js';
import { normaliseImages } from '../images/normalise.js';
import { UnreadableImage } from '../images/unreadable-image.js';
import {
  extractFeatures,
  type FeatureBatch,
  type FeatureOptions,
  type FeatureSource,
  featureBatches,
  type ImageFeatures,
  type SharedFeatureOptions,
} from './extract-features.js';
import {
  type ChosenPooling,
  choosePooling,
  type PoolingOptions,
  pooledFeatures,
  poolMaps,
  viewMultiple,
} from './pooling.js';

/** A path, the bytes of an encoded image (JPEG, PNG, ...), or pixels. */
export type ImageInput = string | Uint8Array | RgbImage;

/**
 * The output of an encoder for a batch of images. The caller frees the tensors, one by one or by
 * `dispose`.
 */
export interface EncodedImages extends Disposable {
  /**
   * f32 [batch, height / stride, width / stride, channels] of each stage, on the encoder's device;
   * the last one normed where the backbone has a norm. Of the full grid, whatever the view.
   */
  readonly maps: readonly Tensor[];
  /**
   * f32 [batch, `channels` of the preparation]: each pooled stage's means over all places, and its
   * deviations.
   */
  readonly embedding: Tensor;
  dispose(): void;
}

/**
 * The output of an encoder for one image, stage by stage. The caller frees the tensors by `dispose`
 * or `using`.
 */
export interface ObservedImage extends Disposable {
  /** The image as the encoder sees it. */
  readonly seen: RgbImage;
  /** f32 [1, height / stride, width / stride, channels] of each stage. */
  readonly maps: readonly Tensor[];
  /**
   * [rows, columns] of each stage: how much attention its places get in the last block, where 1 is
   * even. Empty for a backbone without attention.
   */
  readonly attention: readonly Tensor[];
}

/** The steps between an image and its feature vector. */
export interface Preparation extends ChosenPooling {
  /** Size that images are brought to: resized, and cropped to the middle. */
  readonly image: ImageSize;
  /** Length of the vector. */
  readonly channels: number;
}

/** The origin and the settings of a loaded encoder. */
export interface FrozenOptions {
  readonly image: ImageSize;
  readonly device: string;
  readonly weights: string;
  readonly path: string;
  /** Sentences about what was chosen of the weights, and left out. Default: none. */
  readonly notes?: readonly string[];
}

/** Options of `FrozenBackbone.extract`. */
export interface ExtractOptions extends FeatureOptions, ReadingOptions {}

/** Made by `load`. Holds the weights until it is disposed of, by `using` or `dispose()`. */
export class FrozenBackbone implements Disposable {
  /** Size that images are brought to: resized, and cropped to the middle. */
  readonly image: ImageSize;
  readonly device: string;
  /** SHA-256 of the encoder's weights, in hexadecimal digits: equal weights give equal features. */
  readonly weights: string;
  /** The path that the weights were loaded from. */
  readonly path: string;
  /** Sentences about what was chosen of the weights, and left out. */
  readonly notes: readonly string[];

  constructor(
    private readonly backbone: Backbone,
    { image, device, weights, path, notes = [] }: FrozenOptions,
  ) {
    this.image = image;
    this.device = device;
    this.weights = weights;
    this.path = path;
    this.notes = notes;
  }

  /** Channels of each stage's feature map. */
  get channels(): readonly number[] {
    return this.backbone.channels;
  }

  /** Pixels between neighbours in each stage's feature map. */
  get strides(): readonly number[] {
    return this.backbone.strides;
  }

  /**
   * Feature maps of every stage and a pooled embedding. All images are computed at once: memory
   * grows with their number, and `extract` is there for many.
   *
   * @throws DataError naming the first image that cannot be read
   * @throws UmMaeError when there is no such stage, or the view does not fit the image size
   */
  async features(
    images: readonly ImageInput[],
    options: PoolingOptions = {},
  ): Promise<EncodedImages> {
    const chosen = this.prepare(options);
    if (images.length === 0) throw new DataError('Expected at least one image but got none.');
    const pixels = await Promise.all(images.map((image, i) => this.pixelsOf(image, i)));
    const { maps, embedding } = scope(() =>
      noGrad(() => {
        const input = normaliseImages(Buffer.concat(pixels), this.image, this.device);
        const maps = this.backbone.features(input);
        if (chosen.view === 'full') return { maps, embedding: poolMaps(maps, chosen) };
        return { maps, embedding: pooledFeatures(this.backbone, input, chosen) };
      }),
    );
    const dispose = () => {
      for (const tensor of [...maps, embedding]) tensor.dispose();
    };
    return { maps, embedding, dispose, [Symbol.dispose]: dispose };
  }

  /**
   * One vector for each of many images, computed in batches, in the order of `openImages`.
   *
   * @param source folders, images, lists, tar shards or Parquet files; or a set of images
   * @returns features that the caller frees, and what could not be read
   * @throws DataError when there are no images
   * @throws UmMaeError when there is no such stage, or the view does not fit the image size
   */
  async extract(
    source: string | readonly string[] | ImageSet,
    options: ExtractOptions = {},
  ): Promise<ImageFeatures> {
    this.prepare(options);
    return extractFeatures(this.source, await imagesOf(source, options), options);
  }

  /**
   * The vectors of `extract` batch by batch, so that memory does not grow with the set. Of several
   * processes, the one that leads has the batches of all, those of each part in their order.
   */
  batches(
    images: ImageSet,
    options: SharedFeatureOptions = {},
  ): AsyncGenerator<FeatureBatch, void, undefined> {
    this.prepare(options);
    return featureBatches(this.source, images, options);
  }

  /**
   * Feature maps and attention of one image.
   *
   * @throws DataError when the image cannot be read
   */
  async observe(image: ImageInput): Promise<ObservedImage> {
    const seen = { ...this.image, data: await this.pixelsOf(image, 0) };
    const { maps, attention } = scope(() =>
      noGrad(() => {
        const input = normaliseImages(Uint8Array.from(seen.data), this.image, this.device);
        const maps = this.backbone.features(input);
        return { maps, attention: this.backbone.attentionReceived?.(input) ?? [] };
      }),
    );
    const dispose = () => {
      for (const tensor of [...maps, ...attention]) tensor.dispose();
    };
    return { seen, maps, attention, [Symbol.dispose]: dispose };
  }

  /**
   * Fills in the defaults of the options and checks them.
   *
   * @throws UmMaeError when there is no such stage, or the view does not fit the image size
   */
  prepare(options: PoolingOptions = {}): Preparation {
    const chosen = choosePooling(this.channels, options);
    const { view } = chosen;
    const multiple = viewMultiple(this.backbone, view);
    const { compactIssue } = this.backbone.shape;
    if (view === 'compact' && compactIssue !== undefined) {
      throw new UmMaeError(
        'backbone',
        `Expected ${compactIssue}, of which the compact view takes half.`,
      );
    }
    checkImageSize(this.image, [multiple, multiple]);
    return { image: this.image, ...chosen, channels: pooledChannels(chosen, this.channels) };
  }

  /** Facts that have to be the same in processes that compute features together. */
  facts(options: FeatureOptions): object {
    const { batchSize } = options;
    return { weights: this.weights, ...this.prepare(options), batchSize };
  }

  /** Frees the weights. */
  dispose(): void {
    this.backbone.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private get source(): FeatureSource {
    return { backbone: this.backbone, image: this.image, device: this.device };
  }

  /** RGB bytes of an image in the size that the encoder takes, [height, width, 3]. */
  private async pixelsOf(image: ImageInput, index: number): Promise<Uint8Array> {
    const decoded = await decodeInput(image).catch((error) => {
      if (!(error instanceof UnreadableImage)) throw error;
      const name = typeof image === 'string' ? image : `place ${index}`;
      throw new DataError(`Expected an image at ${name} but it is ${error.reason}.`, {
        cause: error,
      });
    });
    return resample(decoded, evaluationCrop(decoded, this.image));
  }
}

async function imagesOf(
  source: string | readonly string[] | ImageSet,
  reading: ReadingOptions,
): Promise<ImageSet> {
  if (typeof source !== 'string' && 'locate' in source) return source;
  const paths = typeof source === 'string' ? [source] : source;
  return (await openImages(paths, reading)).images;
}

async function decodeInput(image: ImageInput): Promise<RgbImage> {
  if (typeof image === 'string') return decodeImage(image);
  if (image instanceof Uint8Array) {
    if (image.length === 0) throw new UnreadableImage('empty (zero bytes)');
    return decodeBytes(Buffer.from(image.buffer, image.byteOffset, image.byteLength));
  }
  const { width, height, data } = image;
  if (width > 0 && height > 0 && data.length === width * height * 3) return image;
  throw new UnreadableImage(`${data.length} bytes, not ${width} x ${height} pixels of 3`);
}
