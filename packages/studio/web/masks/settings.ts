/** The settings of the mask explorer, and their form in an address. */
import type { Masking } from './sampling.js';
import type { Cell } from './unit-state.js';

export const methods = ['random', 'uniform', 'secondary'] as const;
export type Method = (typeof methods)[number];

/** The methods as people read them. */
export const methodNames: Readonly<Record<Method, string>> = {
  random: 'Random',
  uniform: 'Uniform',
  secondary: 'Uniform + secondary',
};

/** The cells to choose from; one unit of each is kept. */
export const cells = ['1x2', '2x1', '2x2', '2x3', '3x2', '3x3', '2x4', '4x2', '4x4'] as const;
export type CellName = (typeof cells)[number];

export interface MaskSettings {
  readonly method: Method;
  /** Share of the units that random sampling drops. */
  readonly ratio: number;
  readonly cell: CellName;
  /** Share of the kept units that secondary masking hides. */
  readonly secondary: number;
  /** Rows and columns of units in the image. */
  readonly units: number;
  /** Side of a window of attention, in units of the compact grid. */
  readonly window: number;
  /** A whole number of 32 bits. */
  readonly seed: number;
}

/** The paper's, on an image of 256 pixels. */
export const plainSettings: MaskSettings = {
  method: 'secondary',
  ratio: 0.75,
  cell: '2x2',
  secondary: 0.25,
  units: 16,
  window: 2,
  seed: 1,
};

export const largestSeed = 2 ** 32 - 1;
export const largestRatio = 0.95;

export function cellOf(name: CellName): Cell {
  const [rows = 1, columns = 1] = name.split('x').map(Number);
  return [rows, columns];
}

/**
 * The share that cells drop, in whole percent: what random sampling is compared at, unless the user
 * wants another.
 */
export function cellRatio(name: CellName): number {
  const [rows, columns] = cellOf(name);
  return Math.round(100 * (1 - 1 / (rows * columns))) / 100;
}

/** Returns the masking of a method with these settings. */
export function maskingOf(method: Method, { ratio, cell, secondary }: MaskSettings): Masking {
  if (method === 'random') return { kind: 'random', ratio };
  const secondaryRatio = method === 'secondary' ? secondary : 0;
  return { kind: 'uniform', cell: cellOf(cell), secondaryRatio };
}

/** Units per side, from 8 to 32, that cells tile. */
export function unitChoices(cell: CellName): number[] {
  const [rows, columns] = cellOf(cell);
  return between(8, 32).filter((units) => units % rows === 0 && units % columns === 0);
}

/**
 * Sides of windows that tile the compact grid: 1 is a window of one token, the largest is all of a
 * square grid.
 */
export function windowChoices(units: number, cell: CellName): number[] {
  const [rows, columns] = cellOf(cell);
  const sides = [units / rows, units / columns];
  return between(1, Math.min(...sides)).filter((window) => sides.every((n) => n % window === 0));
}

/**
 * The nearest settings that fit each other: another number of units only if cells do not tile this
 * one.
 */
export function fitted(settings: MaskSettings): MaskSettings {
  const { cell } = settings;
  const choices = unitChoices(cell);
  const withWindow = choices.filter((units) =>
    windowChoices(units, cell).includes(settings.window),
  );
  const isTiled = choices.includes(settings.units) || withWindow.length === 0;
  const units = nearest(isTiled ? choices : withWindow, settings.units);
  const window = nearest(windowChoices(units, cell), settings.window);
  return { ...settings, units, window };
}

/** The larger one of two that are as near. */
function nearest(choices: readonly number[], wanted: number): number {
  const distance = (choice: number) => Math.abs(choice - wanted);
  return choices.reduce((best, choice) => (distance(choice) <= distance(best) ? choice : best));
}

function between(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
