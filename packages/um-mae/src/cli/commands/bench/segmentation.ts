/** `um-mae bench segmentation`: the speed of training steps of a segmentor here. */
import type { Command } from 'commander';
import { measureDense } from './dense.js';

export function addBenchSegmentation(bench: Command): void {
  const command = bench
    .command('segmentation')
    .description('Measure training steps of UPerNet on a backbone, on random pixels');
  measureDense(
    command,
    () => 'segmentation',
    async (steps) => {
      const { segmentationSteps } = await import('../../../bench/segmentation-benchmark.js');
      return segmentationSteps(steps);
    },
  );
}
