/** What the explorer shows, and its form in an address. */
import { type Cell, type Grid, type Masking, tiles } from './mask.js';

export const methods = ['random', 'uniform', 'secondary'] as const;
export type Method = (typeof methods)[number];

export interface ExplorerSettings {
  readonly method: Method;
  /** Units along each side of the image. */
  readonly side: number;
  readonly cell: Cell;
  /** Share of the units that random sampling drops. */
  readonly ratio: number;
  /** Share of the kept units that secondary masking hides. */
  readonly hidden: number;
  readonly seed: number;
}

/** As in the paper, on 16 x 16 units: 256 px in units of 16 px. */
export const plainSettings: ExplorerSettings = {
  method: 'secondary',
  side: 16,
  cell: [2, 2],
  ratio: 0.75,
  hidden: 0.25,
  seed: 1,
};

export const sides: readonly number[] = [8, 12, 16, 24];

export const cells: readonly Cell[] = [
  [1, 2],
  [2, 1],
  [2, 2],
  [2, 3],
  [3, 3],
  [4, 4],
];

export function gridOf({ side }: ExplorerSettings): Grid {
  return { rows: side, columns: side };
}

export function maskingOf({ method, cell, ratio, hidden }: ExplorerSettings): Masking {
  if (method === 'random') return { kind: 'random', ratio };
  return { kind: 'uniform', cell, hidden: method === 'secondary' ? hidden : 0 };
}

/** Whatever is missing or makes no sense is as in `plainSettings`. */
export function settingsFrom(query: URLSearchParams): ExplorerSettings {
  const read = (name: string) => Number(query.get(name) || Number.NaN);
  const side = sides.find((known) => known === read('side')) ?? plainSettings.side;
  const cell = cells.find((known) => known.join('x') === query.get('cell')) ?? plainSettings.cell;
  const share = (name: 'ratio' | 'hidden') => {
    const value = read(name);
    return value >= 0 && value <= 0.95 ? value : plainSettings[name];
  };
  const seed = read('seed');
  return {
    method: methods.find((known) => known === query.get('method')) ?? plainSettings.method,
    side,
    cell: tiles({ rows: side, columns: side }, cell) ? cell : plainSettings.cell,
    ratio: share('ratio'),
    hidden: share('hidden'),
    seed: Number.isSafeInteger(seed) && seed >= 0 ? seed : plainSettings.seed,
  };
}

/** Only what differs from `plainSettings`. */
export function queryOf(settings: ExplorerSettings): URLSearchParams {
  const text = ({ cell, ...rest }: ExplorerSettings) =>
    Object.entries({ ...rest, cell: cell.join('x') }).map(([name, value]) => [name, `${value}`]);
  const plain = new Map(text(plainSettings).map(([name, value]) => [name, value]));
  return new URLSearchParams(
    text(settings).filter(([name, value]) => plain.get(name ?? '') !== value),
  );
}
