/** Timings with their spread. */

export interface Timing {
  readonly median: number;
  /** Distance between the quartiles. */
  readonly spread: number;
}

/**
 * Seconds per run of `body`, over `rounds` rounds of `runs` runs each, after one round of warm-up.
 */
export function measure(rounds: number, runs: number, body: () => void): Timing {
  const seconds: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const start = process.hrtime.bigint();
    for (let run = 0; run < runs; run++) body();
    if (round >= 0) seconds.push(Number(process.hrtime.bigint() - start) / 1e9 / runs);
  }
  seconds.sort((a, b) => a - b);
  const at = (fraction: number) => seconds[Math.round(fraction * (seconds.length - 1))] ?? 0;
  return { median: at(0.5), spread: at(0.75) - at(0.25) };
}
