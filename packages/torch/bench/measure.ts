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
  return spreadOf(seconds);
}

/**
 * The processor time of `body` over that of `other`, of all threads, run in turns: the median over
 * the rounds, and the distance between its quartiles. Other programs change it little.
 */
export function processorRatio(rounds: number, body: () => void, other: () => void): Timing {
  const time = (run: () => void) => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const ratios: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const ratio = time(body) / time(other);
    if (round >= 0) ratios.push(ratio);
  }
  return spreadOf(ratios);
}

function spreadOf(values: readonly number[]): Timing {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (fraction: number) => sorted[Math.round(fraction * (sorted.length - 1))] ?? Number.NaN;
  return { median: at(0.5), spread: at(0.75) - at(0.25) };
}
