/** `um-mae bench --json` in a process of its own, so that its peak of memory is its own too. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { StepBenchmark } from '../../bench/step-benchmark.js';

const execute = promisify(execFile);

/** What `um-mae bench --json` prints. */
export interface StepReport extends StepBenchmark {
  readonly model: string;
  readonly method: string;
  readonly batchSize: number;
  readonly imageSize: number | string;
  readonly device: string;
  readonly threads: number;
  /** Largest resident set of the process. */
  readonly peakMemoryBytes: number;
}

/** @param options by the names of the command's options; `set` takes one assignment */
export async function benchInOwnProcess(
  options: Readonly<Record<string, string | number>>,
): Promise<StepReport> {
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const [program = ''] = process.argv.slice(1);
  const { stdout } = await execute(process.execPath, [program, 'bench', ...flags, '--json']);
  return JSON.parse(stdout) as StepReport;
}
