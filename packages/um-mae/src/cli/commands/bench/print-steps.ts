/** Measured training steps on the terminal. */
import { bytes } from '../../output/format.js';
import type { StepReport } from './process.js';

/** Prints speed, memory and the share of the machine's matrix peak. */
export function printSteps(report: StepReport): void {
  const giga = (value: number) => `${(value / 1e9).toFixed(0)} GFLOP/s`;
  const lines = {
    products: `in ${report.precision}`,
    'images/s': report.imagesPerSecond.toFixed(2),
    'step (median)': `${report.stepSeconds.toFixed(2)} s`,
    'peak memory': bytes(report.peakMemoryBytes),
    arithmetic: giga(report.flopsPerSecond),
    'matrix peak': giga(report.matmulPeakFlops),
    'share of it': `${(100 * report.peakFraction).toFixed(0)} %`,
  };
  for (const [name, value] of Object.entries(lines)) console.log(`${name.padEnd(14)} ${value}`);
}
