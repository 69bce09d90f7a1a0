/** Objects in pictures, as programs without tensors have them. */

/** The size of a picture in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Corners in pixels of a picture. */
export type Corners = readonly [left: number, top: number, right: number, bottom: number];

/** An object that was found in a picture. */
export interface DetectedObject {
  /** The number of its class, from 0. */
  readonly label: number;
  /** A share from 0 to 1. */
  readonly score: number;
  readonly box: Corners;
}

/** Boxes as graphs give them, with a score and a label for each. */
export interface Candidates {
  /** [count, 4] as x1, y1, x2, y2 */
  readonly boxes: Float32Array;
  /** [count] */
  readonly scores: Float32Array;
  /** [count], from 0 */
  readonly labels: Uint32Array;
}

/** A picture, and its size as the network saw it, without padding. */
export interface ShownPicture {
  readonly original: PictureSize;
  readonly resized: PictureSize;
}

/** Some of the candidates, in this order. */
export function chosen(
  { boxes, scores, labels }: Candidates,
  places: ArrayLike<number>,
): Candidates {
  const order = Array.from(places);
  return {
    boxes: Float32Array.from({ length: 4 * order.length }, (_, i) =>
      Number(boxes[4 * (order[i >> 2] as number) + (i & 3)]),
    ),
    scores: Float32Array.from(order, (place) => Number(scores[place])),
    labels: Uint32Array.from(order, (place) => Number(labels[place])),
  };
}

/** Cuts boxes to a picture, in place. */
export function clip(boxes: Float32Array, { width, height }: PictureSize): void {
  for (let i = 0; i < boxes.length; i++) {
    const most = i % 2 === 0 ? width : height;
    boxes[i] = Math.min(Math.max(boxes[i] as number, 0), most);
  }
}

/** Brings boxes of the resized picture to the original one, in place. */
export function toOriginal(boxes: Float32Array, { original, resized }: ShownPicture): void {
  const factors = [
    Math.fround(resized.width / original.width),
    Math.fround(resized.height / original.height),
  ] as const;
  for (let i = 0; i < boxes.length; i++) {
    boxes[i] = (boxes[i] as number) / (i % 2 === 0 ? factors[0] : factors[1]);
  }
}
