/**
 * Rendered scenes: a small labelled image set that needs no download.
 *
 * What tells the classes apart is which shapes stand in which relation. Colours, textures,
 * backgrounds, places, tilt and the painted area come from the same distributions for every class,
 * and a shape is as often lighter than the ground as darker: sums and averages do not give a class
 * away, a model has to see shapes.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { RgbImage } from '../images/geometry/resize.js';
import { type Random, randomBetween, seededRandom } from '../random.js';
import { mix, type Paint, randomPaints } from './scenes/paint.js';
import { areas, distances, type ShapeName } from './scenes/shapes.js';

/** A shape with its centre and radius: in units of its figure, or on the canvas. y points down. */
interface Shape {
  readonly name: ShapeName;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

const shape = (name: ShapeName, x: number, y: number, radius = 1): Shape => ({
  name,
  x,
  y,
  radius,
});

/** Three alike, side by side. */
const row = (name: ShapeName) => [-2.3, 0, 2.3].map((x) => shape(name, x, 0));

/** Three alike, one above two. */
const triangle = (name: ShapeName) => [
  shape(name, 0, -1.35),
  shape(name, -1.2, 0.75),
  shape(name, 1.2, 0.75),
];

const figures: Readonly<Record<string, readonly Shape[]>> = {
  'disc-above-square': [shape('disc', 0, -1.15), shape('square', 0, 1.15)],
  'triangle-left-of-ring': [shape('triangle', -1.2, 0.25, 1.2), shape('ring', 1.2, 0)],
  'cross-inside-ring': [shape('cross', 0, 0, 0.6), shape('ring', 0, 0, 1.6)],
  'disc-inside-frame': [shape('disc', 0, 0, 0.5), shape('frame', 0, 0, 1.6)],
  'discs-in-a-row': row('disc'),
  'discs-in-a-triangle': triangle('disc'),
  'squares-in-a-row': row('square'),
  'squares-in-a-triangle': triangle('square'),
};

/** Names of the classes, in the order of their index. */
export const sceneClasses: readonly string[] = Object.keys(figures);

/** The canvas that places and sizes below are stated for. */
const canvas = 64;

/** One scene of class `sceneClasses[classIndex]`, `size` pixels wide and high. */
export function renderScene(classIndex: number, random: Random, size = canvas): RgbImage {
  const figure = Object.values(figures)[classIndex] as readonly Shape[];
  const tilt = randomBetween(random, -0.21, 0.21);
  const placed = place(figure, tilt, random);
  // The same number of paints for every class, so that all draw alike.
  const paints = randomPaints(random, 3);
  const layers = placed.map((shape, i) => layer(shape, tilt, paints.parts[i] as Paint));
  return draw({ background: paints.background, layers, size });
}

/** Turns the figure, scales it to a random painted area, and puts it somewhere on the canvas. */
function place(figure: readonly Shape[], tilt: number, random: Random): Shape[] {
  const area = figure.reduce((sum, { name, radius }) => sum + areas[name] * radius ** 2, 0);
  const scale = canvas * Math.sqrt(randomBetween(random, 0.13, 0.18) / area);
  const turned = figure.map(({ name, x, y, radius }) => ({
    name,
    x: scale * (x * Math.cos(tilt) - y * Math.sin(tilt)),
    y: scale * (x * Math.sin(tilt) + y * Math.cos(tilt)),
    radius: scale * radius,
  }));
  const shift = (axis: 'x' | 'y') => {
    const low = Math.min(...turned.map((shape) => shape[axis] - shape.radius));
    const high = Math.max(...turned.map((shape) => shape[axis] + shape.radius));
    return randomBetween(random, 2 - low, canvas - 2 - high);
  };
  const [right, down] = [shift('x'), shift('y')];
  return turned.map((shape) => ({ ...shape, x: shape.x + right, y: shape.y + down }));
}

interface Layer {
  readonly shape: Shape;
  readonly cos: number;
  readonly sin: number;
  readonly paint: Paint;
}

function layer(shape: Shape, tilt: number, paint: Paint): Layer {
  return { shape, cos: Math.cos(tilt), sin: Math.sin(tilt), paint };
}

interface Drawing {
  readonly background: Paint;
  readonly layers: readonly Layer[];
  readonly size: number;
}

/** Paints the layers over the background, with smooth edges. */
function draw({ background, layers, size }: Drawing): RgbImage {
  const data = new Uint8Array(size * size * 3);
  const pixel = canvas / size;
  for (let row = 0, at = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const x = (column + 0.5) * pixel;
      const y = (row + 0.5) * pixel;
      let colour = background(x, y);
      for (const layer of layers) {
        const coverage = 0.5 - distanceTo(layer, x, y) / pixel;
        if (coverage > 0) colour = mix(colour, layer.paint(x, y), Math.min(1, coverage));
      }
      for (const level of colour) data[at++] = Math.round(level);
    }
  }
  return { width: size, height: size, data };
}

/** Distance from a place on the canvas to the border of a shape, negative inside. */
function distanceTo({ shape, cos, sin }: Layer, x: number, y: number): number {
  const right = (x - shape.x) / shape.radius;
  const down = (y - shape.y) / shape.radius;
  return shape.radius * distances[shape.name](right * cos + down * sin, down * cos - right * sin);
}

export interface WriteScenesOptions {
  /** Images per class. */
  readonly perClass: { readonly train: number; readonly val: number };
  readonly seed: number;
  /** Width and height in pixels. */
  readonly size?: number;
}

/** Writes `<folder>/{train,val}/<class>/0000.png` and so on. */
export async function writeScenes(folder: string, options: WriteScenesOptions): Promise<void> {
  const { perClass, seed, size = canvas } = options;
  for (const [splitIndex, split] of (['train', 'val'] as const).entries()) {
    for (const [classIndex, className] of sceneClasses.entries()) {
      const target = join(folder, split, className);
      await mkdir(target, { recursive: true });
      for (let image = 0; image < perClass[split]; image++) {
        const random = seededRandom(seed, splitIndex, classIndex, image);
        const path = join(target, `${String(image).padStart(4, '0')}.png`);
        await toSharp(renderScene(classIndex, random, size))
          .png()
          .toFile(path);
      }
    }
  }
}

function toSharp({ data, width, height }: RgbImage) {
  return sharp(data, { raw: { width, height, channels: 3 } });
}
