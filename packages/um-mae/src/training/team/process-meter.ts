/**
 * The pace of each of several processes since the line before: what it has done itself, and how
 * long it has waited for images and for the others.
 */
import type { ProcessPaces } from '../run-files/metrics/metrics-line.js';
import type { Team } from './team.js';

/** The numbers of a process: images, seconds in all, those for images, those for others. */
const numbersEach = 4;

export class ProcessMeter {
  private images = 0;
  private dataMs = 0;
  private startMs = performance.now();
  private startExchangeMs: number;

  /**
   * @param team the processes
   * @param exchangeMs the time that this one has waited for others so far
   */
  constructor(
    private readonly team: Team,
    private readonly exchangeMs: () => number,
  ) {
    this.startExchangeMs = exchangeMs();
  }

  /** Counts images of this process, and the time that it has waited for them. */
  add({ images, waitedMs }: { readonly images: number; readonly waitedMs: number }): void {
    this.images += images;
    this.dataMs += waitedMs;
  }

  restart(): void {
    this.images = 0;
    this.dataMs = 0;
    this.startMs = performance.now();
    this.startExchangeMs = this.exchangeMs();
  }

  /** The numbers of this process at its place among zeros: sums over all are those of each. */
  numbers(): number[] {
    const seconds = (performance.now() - this.startMs) / 1000;
    const exchangeSeconds = (this.exchangeMs() - this.startExchangeMs) / 1000;
    const own = [this.images, seconds, this.dataMs / 1000, exchangeSeconds];
    return Array.from({ length: this.team.size }, (_, rank) =>
      rank === this.team.rank ? own : own.map(() => 0),
    ).flat();
  }
}

/** Reads the numbers of all processes. */
export function pacesIn(numbers: readonly number[]): ProcessPaces {
  const column = (place: number) => numbers.filter((_, i) => i % numbersEach === place);
  const [seconds, exchangeSeconds] = [column(1), column(3)];
  return {
    imagesPerSecond: column(0).map((images, rank) => {
      const own = (seconds[rank] ?? Number.NaN) - (exchangeSeconds[rank] ?? Number.NaN);
      return own > 0 ? images / own : 0;
    }),
    dataWaitSeconds: column(2),
    exchangeSeconds,
    slowest: exchangeSeconds.indexOf(Math.min(...exchangeSeconds)),
  };
}
