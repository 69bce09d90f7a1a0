/** Memory that threads decode a batch into, each image in a place of its own. */

import type { Size } from '../../../images/geometry/resize.js';
import { ignoredClass } from '../../../images/masks/class-map.js';
import { meanPixels, type Padding, padTogether } from '../views/pad.js';

/** Numbers that a batch has for every pixel. */
interface Layer<Numbers extends Uint8Array | Int32Array> extends Padding<Numbers> {
  /** All places, [images, height, width, channels]. */
  readonly data: Numbers;
}

/** Contents of batches beside images, and their padding. */
export interface BatchLayers {
  readonly hasClassMaps: boolean;
  /**
   * Sides of batches are multiples of this, and padding has the mean colour. Undefined: batches are
   * as large as their largest image, and padding is black.
   */
  readonly multiple?: number | undefined;
}

/** The images of a batch, and the classes of their pixels where these are known. */
export interface BatchPixels {
  /** [batch, height, width, 3] */
  readonly pixels: Uint8Array;
  /** [batch, height, width] */
  readonly classMaps: Int32Array | undefined;
  readonly size: Size;
}

/** Places for images of a size, which smaller ones, and others of no more pixels, take a part of. */
export class BatchMemory {
  readonly pixels: SharedArrayBuffer;
  readonly classMaps: SharedArrayBuffer | undefined;

  constructor(
    images: number,
    private readonly place: Size,
    private readonly layers: BatchLayers,
  ) {
    const { hasClassMaps } = layers;
    const numbers = images * place.height * place.width;
    this.pixels = new SharedArrayBuffer(numbers * 3);
    this.classMaps = hasClassMaps ? new SharedArrayBuffer(numbers * 4) : undefined;
  }

  /**
   * The images of some places, without the gaps between them. Those of the full size stay in this
   * memory; others are padded to the largest one.
   *
   * @param slots ascending
   * @param sizes of each of these
   */
  take(slots: readonly number[], sizes: readonly Size[]): BatchPixels {
    const { multiple = 1 } = this.layers;
    const levels: Layer<Uint8Array> = {
      data: new Uint8Array(this.pixels),
      channels: 3,
      empty: this.layers.multiple ? meanPixels : (length) => new Uint8Array(length),
      multiple,
    };
    const { data: pixels, size } = this.together(levels, slots, sizes);
    if (!this.classMaps) return { pixels, classMaps: undefined, size };
    const ignored = (length: number) => new Int32Array(length).fill(ignoredClass);
    const classes: Layer<Int32Array> = {
      data: new Int32Array(this.classMaps),
      channels: 1,
      empty: ignored,
      multiple,
    };
    return { pixels, classMaps: this.together(classes, slots, sizes).data, size };
  }

  private together<Numbers extends Uint8Array | Int32Array>(
    { data, ...padding }: Layer<Numbers>,
    slots: readonly number[],
    sizes: readonly Size[],
  ): { data: Numbers; size: Size } {
    const { height, width } = this.place;
    const { channels, multiple } = padding;
    const length = height * width * channels;
    for (const [place, slot] of slots.entries()) {
      if (slot !== place) data.copyWithin(place * length, slot * length, (slot + 1) * length);
    }
    const isWhole = height % multiple === 0 && width % multiple === 0;
    if (isWhole && sizes.every((size) => size.height === height && size.width === width)) {
      const full = data.subarray(0, slots.length * length) as Numbers;
      return { data: full, size: this.place };
    }
    const images = sizes.map((size, place) => {
      const start = place * length;
      const end = start + size.height * size.width * channels;
      return { ...size, data: data.subarray(start, end) as Numbers };
    });
    return padTogether(images, padding);
  }
}
