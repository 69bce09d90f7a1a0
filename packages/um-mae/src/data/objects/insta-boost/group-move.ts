/**
 * The way in which a group of objects moves: scaled and turned around its middle, then shifted.
 *
 * Source: Fang et al. 2019 (InstaBoost), arXiv:1908.07801, section 3.2; ranges of its published
 * code.
 */
import type { Box, Size } from '../../../images/geometry/resize.js';
import { type Random, randomBetween, randomInteger } from '../../../random.js';

export interface GroupMove {
  /** The point that stays where it is but for the shift, in pixels of the image. */
  readonly centre: readonly [x: number, y: number];
  readonly scale: number;
  /** Clockwise, in degrees. */
  readonly degrees: number;
  readonly shift: readonly [across: number, down: number];
}

/** Smallest and largest factor of the size. */
const scales = [0.8, 1.2] as const;

/** Objects are shifted by up to this part of their sides. */
const shiftPart = 15;

/** Objects whose box is nearer to an edge may be cut off there, which nothing may show. */
const nearEdge = 10;

/**
 * A group near an edge does not turn, does not shrink, and moves towards that edge alone. The
 * number of draws is always the same.
 */
export function drawMove(box: Box, image: Size, random: Random): GroupMove {
  const across = edgesOf(box.left, box.width, image.width);
  const down = edgesOf(box.top, box.height, image.height);
  const isFree = [across, down].every(({ isFirst, isLast }) => !isFirst && !isLast);
  const scale = randomBetween(random, isFree ? scales[0] : 1, scales[1]);
  const turned = randomInteger(random, 3) - 1;
  return {
    centre: [box.left + box.width / 2, box.top + box.height / 2],
    scale,
    degrees: isFree ? turned : 0,
    shift: [drawShift(box.width, across, random), drawShift(box.height, down, random)],
  };
}

/** The edges of an axis that a group is near to. */
interface Edges {
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

function edgesOf(start: number, length: number, side: number): Edges {
  return { isFirst: start < nearEdge, isLast: start + length > side - nearEdge };
}

function drawShift(length: number, { isFirst, isLast }: Edges, random: Random): number {
  const most = Math.floor(length / shiftPart);
  const [from, to] = [isLast ? 0 : -most, isFirst ? 0 : most];
  return from + randomInteger(random, to - from + 1);
}

/**
 * [a, b, c, d, e, f]: point (x, y) after the move was at (a x + b y + c, d x + e y + f) before it.
 */
export type Backwards = readonly [number, number, number, number, number, number];

export function backwards({ centre: [x, y], scale, degrees, shift }: GroupMove): Backwards {
  const angle = (degrees * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  const [left, top] = [x + shift[0], y + shift[1]];
  const across = x - cosine * left - sine * top;
  const down = y + sine * left - cosine * top;
  return [cosine, sine, across, -sine, cosine, down];
}

/** The point where a point of the image lies after the move. */
export function pointAfter(
  { centre, scale, degrees, shift }: GroupMove,
  [x, y]: readonly [number, number],
): [x: number, y: number] {
  const [across, down] = [scale * (x - centre[0]), scale * (y - centre[1])];
  const angle = (degrees * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  return [
    centre[0] + shift[0] + cosine * across - sine * down,
    centre[1] + shift[1] + sine * across + cosine * down,
  ];
}

/** The box around what a box holds after the move, cut to the image. */
export function boxAfter({ left, top, width, height }: Box, move: GroupMove, image: Size): Box {
  const corners = [left, left + width].flatMap((x) =>
    [top, top + height].map((y) => pointAfter(move, [x, y])),
  );
  const range = (places: readonly number[], side: number) => {
    const clip = (place: number) => Math.min(Math.max(place, 0), side);
    return [clip(Math.floor(Math.min(...places))), clip(Math.ceil(Math.max(...places)))] as const;
  };
  const [first, last] = range(
    corners.map(([x]) => x),
    image.width,
  );
  const [highest, lowest] = range(
    corners.map(([, y]) => y),
    image.height,
  );
  return { left: first, top: highest, width: last - first, height: lowest - highest };
}
