/** `um-mae bench detection`: the speed of training steps of a detector here. */
import { type Command, Option } from 'commander';
import type { DetectionBenchmarkOptions } from '../../../bench/detection-benchmark.js';
import { measureDense } from './dense.js';

const tasks = ['instances', 'detection'] as const satisfies DetectionBenchmarkOptions['task'][];

type TaskFlag = Pick<DetectionBenchmarkOptions, 'task'>;

export function addBenchDetection(bench: Command): void {
  const command = bench
    .command('detection')
    .description('Measure training steps of Mask R-CNN or GFL on a backbone, on random pixels')
    .addOption(
      new Option('--task <name>', 'instances: Mask R-CNN; detection: GFL')
        .choices(tasks)
        .default('instances'),
    );
  measureDense<TaskFlag>(
    command,
    ({ task }) => task,
    async (steps, { task }) => {
      const { detectionSteps } = await import('../../../bench/detection-benchmark.js');
      return detectionSteps({ ...steps, task });
    },
  );
}
