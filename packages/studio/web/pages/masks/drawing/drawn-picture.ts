/**
 * A picture to begin with, drawn by code: large shapes and small ones, so that masks hide
 * something.
 */

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { mersenne } from 'pure-rand/generator/mersenne';
import { at } from '../../../../shared/at.js';

/** Side of every picture that the explorer shows, in pixels. */
export const pictureSide = 768;

type Context = CanvasRenderingContext2D;
type Point = readonly [x: number, y: number];

/** @returns a lake between mountains in the evening, `pictureSide` pixels wide and high */
export function drawPicture(): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = pictureSide;
  const context = canvas.getContext('2d');
  if (!context) return canvas;
  context.scale(pictureSide, pictureSide);
  drawSky(context);
  drawMountains(context);
  drawLake(context);
  drawShore(context);
  drawBoat(context);
  drawTrees(context);
  return canvas;
}

function drawSky(context: Context): void {
  fill(context, rising(context, [0, 0.62], ['#2f4a86', '#8a6ba0', '#f0a27a', '#fbdca0']), [
    [0, 0],
    [1, 0],
    [1, 0.62],
    [0, 0.62],
  ]);
  const glow = context.createRadialGradient(0.68, 0.36, 0.02, 0.68, 0.36, 0.3);
  glow.addColorStop(0, 'rgba(255, 244, 214, 0.9)');
  glow.addColorStop(1, 'rgba(255, 220, 160, 0)');
  context.fillStyle = glow;
  context.fillRect(0, 0, 1, 0.62);
  disc(context, [0.68, 0.36], 0.07, '#fff3cf');
  for (const [x, y, width] of [
    [0.08, 0.13, 0.3],
    [0.2, 0.17, 0.26],
    [0.52, 0.1, 0.24],
    [0.8, 0.2, 0.22],
  ] as const) {
    context.fillStyle = 'rgba(255, 232, 214, 0.55)';
    context.beginPath();
    context.ellipse(x + width / 2, y, width / 2, 0.016, 0, 0, 2 * Math.PI);
    context.fill();
  }
}

function drawMountains(context: Context): void {
  const far = [0, 0.46, 0.12, 0.36, 0.2, 0.42, 0.34, 0.24, 0.48, 0.42, 0.58, 0.36, 0.7, 0.46];
  ridge(context, '#6a6f9e', [...far, 0.84, 0.37, 1, 0.46]);
  fill(context, '#eef0f6', [
    [0.34, 0.24],
    [0.405, 0.325],
    [0.37, 0.31],
    [0.345, 0.345],
    [0.32, 0.31],
    [0.285, 0.325],
  ]);
  ridge(context, '#43517f', [0, 0.52, 0.16, 0.44, 0.3, 0.53, 0.56, 0.5, 0.78, 0.42, 1, 0.54]);
}

function drawLake(context: Context): void {
  context.fillStyle = rising(context, [0.56, 0.86], ['#f3bd8d', '#a97f9d', '#2d4674']);
  context.fillRect(0, 0.56, 1, 0.44);
  const random = mersenne(7);
  for (let y = 0.575; y < 0.86; y += 0.012) {
    // The sun's path on the water, wider and more broken towards the shore.
    const spread = 0.03 + (y - 0.56) * 0.35;
    const x = 0.68 + (uniformFloat64(random) - 0.5) * spread;
    context.fillStyle = `rgba(255, 240, 205, ${0.85 - (y - 0.56) * 1.6})`;
    context.fillRect(x - spread / 2, y, spread, 0.005);
    context.fillStyle = 'rgba(30, 44, 90, 0.25)';
    context.fillRect(uniformFloat64(random) * 0.9, y + 0.006, 0.1, 0.003);
  }
}

function drawShore(context: Context): void {
  context.fillStyle = '#22382f';
  context.beginPath();
  context.moveTo(0, 0.8);
  context.quadraticCurveTo(0.3, 0.78, 0.52, 0.9);
  context.quadraticCurveTo(0.75, 0.97, 1, 0.88);
  context.lineTo(1, 1);
  context.lineTo(0, 1);
  context.fill();
  const random = mersenne(11);
  for (let flower = 0; flower < 60; flower++) {
    const x = uniformFloat64(random);
    const y = 0.93 + 0.065 * uniformFloat64(random);
    const colour = ['#e8c34a', '#d8573c', '#f3efe2'][flower % 3] ?? '#f3efe2';
    disc(context, [x, y], 0.004 + 0.004 * uniformFloat64(random), colour);
  }
}

function drawBoat(context: Context): void {
  fill(context, '#f7f3ea', [
    [0.475, 0.5],
    [0.475, 0.685],
    [0.37, 0.685],
  ]);
  fill(context, '#d9492f', [
    [0.487, 0.535],
    [0.56, 0.685],
    [0.487, 0.685],
  ]);
  fill(context, '#5a2f22', [
    [0.35, 0.7],
    [0.59, 0.7],
    [0.555, 0.745],
    [0.39, 0.745],
  ]);
  context.fillStyle = 'rgba(40, 34, 60, 0.35)';
  context.fillRect(0.37, 0.75, 0.2, 0.008);
}

function drawTrees(context: Context): void {
  for (const [x, foot, height] of [
    [0.06, 0.86, 0.36],
    [0.17, 0.88, 0.27],
    [0.26, 0.89, 0.19],
    [0.93, 0.95, 0.33],
    [0.82, 0.97, 0.2],
  ] as const) {
    context.fillStyle = '#3a241c';
    context.fillRect(x - height * 0.03, foot - height * 0.15, height * 0.06, height * 0.17);
    for (const [level, colour] of ['#1d4a3c', '#235745', '#2b6650'].entries()) {
      const top = foot - height * (0.62 + 0.19 * level);
      const half = height * (0.26 - 0.06 * level);
      fill(context, colour, [
        [x, top],
        [x + half, top + height * 0.5],
        [x - half, top + height * 0.5],
      ]);
    }
  }
}

/** Down to the middle of the picture. */
function ridge(context: Context, colour: string, heights: readonly number[]): void {
  const points: Point[] = [];
  for (let i = 0; i < heights.length; i += 2) points.push([at(heights, i), at(heights, i + 1)]);
  fill(context, colour, [...points, [1, 0.6], [0, 0.6]]);
}

function rising(context: Context, [top, foot]: Point, colours: readonly string[]): CanvasGradient {
  const gradient = context.createLinearGradient(0, top, 0, foot);
  for (const [i, colour] of colours.entries())
    gradient.addColorStop(i / (colours.length - 1), colour);
  return gradient;
}

function fill(context: Context, style: string | CanvasGradient, points: readonly Point[]): void {
  context.fillStyle = style;
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.fill();
}

function disc(context: Context, [x, y]: Point, radius: number, colour: string): void {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}
