/** An encoder that is used as it is: images in, feature maps and an embedding out. */
import { noGrad, scope, type Tensor } from '@um-mae/torch';
import type { Backbone, ImageSize } from '../backbones/backbone.js';
import { checkImageSize } from '../backbones/image-size.js';
import { DataError, UmMaeError } from '../errors.js';
import { evaluationCrop } from '../images/crop.js';
import { decodeBytes, decodeImage } from '../images/decode.js';
import { normaliseImages } from '../images/normalise.js';
import { type RgbImage, resample } from '../images/resize.js';
import { UnreadableImage } from '../images/unreadable-image.js';
import {
  type PoolingOptions,
  pooledFeatures,
  poolMaps,
  type View,
  viewMultiple,
} from './pooling.js';

/** A path, the bytes of an encoded image (JPEG, PNG, ...), or pixels. */
export type ImageInput = string | Uint8Array | RgbImage;

/** What an encoder makes of a batch of images. The tensors are the caller's to free, one by one or by `dispose`. */
export interface EncodedImages extends Disposable {
  /**
   * f32 [batch, height / stride, width / stride, channels] of each stage, on the encoder's device; the last one normed
   * where the backbone has a norm. Of the full grid, whatever the view.
   */
  readonly maps: readonly Tensor[];
  /** f32 [batch, channels of the pooled stages], the mean over all places. */
  readonly embedding: Tensor;
  dispose(): void;
}

/** What becomes of an image before it is a vector. */
export interface Preparation {
  /** Size that images are brought to: resized, and cropped to the middle. */
  readonly image: ImageSize;
  /** Stages whose means are joined, counted from 0. */
  readonly stages: readonly number[];
  readonly view: View;
}

/** Of a frozen encoder. */
export interface FrozenOptions {
  readonly image: ImageSize;
  readonly device: string;
  readonly weights: string;
  readonly path: string;
}

/** Made by `load`. Holds the weights until it is disposed of, by `using` or `dispose()`. */
export class FrozenBackbone implements Disposable {
  /** Size that images are brought to: resized, and cropped to the middle. */
  readonly image: ImageSize;
  readonly device: string;
  /** SHA-256 of the encoder's weights, in hexadecimal digits: equal weights give equal features. */
  readonly weights: string;
  /** What they were loaded from. */
  readonly path: string;

  constructor(
    readonly backbone: Backbone,
    { image, device, weights, path }: FrozenOptions,
  ) {
    this.image = image;
    this.device = device;
    this.weights = weights;
    this.path = path;
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
   * Feature maps of every stage and a pooled embedding. All images are computed at once: memory grows with their
   * number, and `extractFeatures(backbone.backbone, paths, ...)` is there for many.
   *
   * @throws DataError naming the first image that cannot be read
   * @throws UmMaeError when there is no such stage, or the view does not fit the image size
   */
  async features(
    images: readonly ImageInput[],
    options: PoolingOptions = {},
  ): Promise<EncodedImages> {
    const { stages, view } = this.prepare(options);
    if (images.length === 0) throw new DataError('Expected at least one image but got none.');
    const pixels = await Promise.all(images.map((image, i) => this.pixelsOf(image, i)));
    const { maps, embedding } = scope(() =>
      noGrad(() => {
        const input = normaliseImages(Buffer.concat(pixels), this.image, this.device);
        const maps = this.backbone.features(input);
        if (view === 'full') return { maps, embedding: poolMaps(maps, stages) };
        return { maps, embedding: pooledFeatures(this.backbone, input, { stages, view }) };
      }),
    );
    const dispose = () => {
      for (const tensor of [...maps, embedding]) tensor.dispose();
    };
    return { maps, embedding, dispose, [Symbol.dispose]: dispose };
  }

  /**
   * What the options come to.
   *
   * @throws UmMaeError when there is no such stage, or the view does not fit the image size
   */
  prepare({ stages, view = 'full' }: PoolingOptions = {}): Preparation {
    const last = this.channels.length - 1;
    const chosen = stages ?? [last];
    const wrong = chosen.find((stage) => !Number.isInteger(stage) || stage < 0 || stage > last);
    if (wrong !== undefined || chosen.length === 0) {
      throw new UmMaeError(
        'stage',
        `Expected stages out of 0 to ${last} but got ${wrong ?? 'none'}.`,
      );
    }
    const multiple = viewMultiple(this.backbone, view);
    checkImageSize(this.image, [multiple, multiple]);
    return { image: this.image, stages: chosen, view };
  }

  /** Frees the weights. */
  dispose(): void {
    for (const tensor of this.backbone.state().values()) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
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
