/**
 * Fills a part of an image from what surrounds it, by diffusion: colours of coarser and coarser
 * images first, then some rounds in which every hidden pixel becomes the mean of its neighbours.
 *
 * Source: the pyramid of Gortler et al. 1996 (Lumigraph), section 3.4 (push and pull); the rounds
 * solve Laplace's equation, of Bertalmio et al. 2000 (Image Inpainting) without transport.
 */
import type { RgbImage, Size } from './geometry/resize.js';

/** Rounds of diffusion on the full image: they take the pyramid's blocks away. */
const rounds = 12;

/** Colours, and how much is known of each pixel. */
interface Level extends Size {
  /** [height, width, 3] */
  readonly colours: Float32Array;
  /** [height, width], 0 to 1 */
  readonly known: Float32Array;
}

/**
 * The image with its hidden pixels filled; as it is where all or none of them are.
 *
 * @param hidden [height, width], 1 = to be filled
 * @returns      [height, width, 3], in memory of its own
 */
export function inpaint(image: RgbImage, hidden: Uint8Array): Uint8Array {
  const output = new Uint8Array(image.data);
  const holes = placesOf(hidden);
  if (holes.length === 0 || holes.length === hidden.length) return output;
  const { width, height } = image;
  const finest: Level = {
    width,
    height,
    colours: new Float32Array(image.data),
    known: new Float32Array(hidden.length).fill(1),
  };
  for (const place of holes) finest.known[place] = 0;
  fill(finest);
  for (let round = 0; round < rounds; round++) diffuse(finest, holes);
  for (const place of holes) {
    for (let i = 3 * place; i < 3 * place + 3; i++) {
      output[i] = Math.round(finest.colours[i] as number);
    }
  }
  return output;
}

function placesOf(hidden: Uint8Array): Uint32Array {
  const places = new Uint32Array(hidden.length);
  let count = 0;
  for (let place = 0; place < hidden.length; place++) {
    if (hidden[place] === 1) places[count++] = place;
  }
  return places.subarray(0, count);
}

/** Fills what is not known of a level by the next coarser one, linearly, in place. */
function fill(level: Level): void {
  if (level.width === 1 && level.height === 1) return;
  const coarse = halved(level);
  if (coarse.known.includes(0)) fill(coarse);
  const { width, height, colours, known } = level;
  for (let y = 0; y < height; y++) {
    const row = y >> 1;
    const otherRow = neighbour(y, coarse.height);
    for (let x = 0; x < width; x++) {
      const place = y * width + x;
      if (known[place] === 1) continue;
      known[place] = 1;
      const column = x >> 1;
      const otherColumn = neighbour(x, coarse.width);
      const near = 3 * (row * coarse.width + column);
      const across = 3 * (row * coarse.width + otherColumn);
      const down = 3 * (otherRow * coarse.width + column);
      const far = 3 * (otherRow * coarse.width + otherColumn);
      for (let i = 0; i < 3; i++) {
        const level = (from: number) => coarse.colours[from + i] as number;
        const sides = 3 * (level(across) + level(down));
        colours[3 * place + i] = (9 * level(near) + sides + level(far)) / 16;
      }
    }
  }
}

/** The second coarse place that a place lies between; the first is half of it. */
function neighbour(place: number, count: number): number {
  const other = (place >> 1) + (place % 2 === 0 ? -1 : 1);
  return Math.min(Math.max(other, 0), count - 1);
}

/** Each pixel is the mean of what is known of four. */
function halved({ width, height, colours, known }: Level): Level {
  const [across, down] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const half: Level = {
    width: across,
    height: down,
    colours: new Float32Array(3 * across * down),
    known: new Float32Array(across * down),
  };
  for (let place = 0; place < known.length; place++) {
    if (known[place] !== 1) continue;
    const to = (Math.floor(place / width) >> 1) * across + ((place % width) >> 1);
    const count = (half.known[to] as number) + 1;
    half.known[to] = count;
    for (let i = 0; i < 3; i++) {
      const sum = half.colours[3 * to + i] as number;
      half.colours[3 * to + i] = sum + ((colours[3 * place + i] as number) - sum) / count;
    }
  }
  for (let place = 0; place < half.known.length; place++) {
    if ((half.known[place] as number) > 1) half.known[place] = 1;
  }
  return half;
}

/** Gives every hidden pixel the mean of its four neighbours, one after the other. */
function diffuse({ width, height, colours }: Level, holes: Uint32Array): void {
  for (const place of holes) {
    const [x, y] = [place % width, Math.floor(place / width)];
    const left = x > 0 ? place - 1 : place;
    const right = x < width - 1 ? place + 1 : place;
    const above = y > 0 ? place - width : place;
    const below = y < height - 1 ? place + width : place;
    for (let i = 0; i < 3; i++) {
      const level = (near: number) => colours[3 * near + i] as number;
      colours[3 * place + i] = (level(left) + level(right) + level(above) + level(below)) / 4;
    }
  }
}
