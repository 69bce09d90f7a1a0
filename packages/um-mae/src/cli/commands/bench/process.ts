/** Measurements in processes of their own, so that the peak of memory of each is its own too. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { StepBenchmark } from '../../../bench/step-benchmark.js';
import { UmMaeError } from '../../../errors.js';

const execute = promisify(execFile);

/** The JSON output of `um-mae bench`. */
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

/** Values by the names of a program's options, without the dashes. */
export type ProgramOptions = Readonly<Record<string, string | number>>;

/**
 * Runs `um-mae bench --json`, or a command below it.
 *
 * @param options by the names of the command's options; `set` takes one assignment
 * @param below the command below it
 * @throws UmMaeError when that process refuses, or breaks down
 */
export async function benchInOwnProcess(
  options: ProgramOptions,
  ...below: readonly string[]
): Promise<StepReport> {
  const [program = ''] = process.argv.slice(1);
  return (await measureInProcess(
    process.execPath,
    [program, 'bench', ...below],
    options,
  )) as StepReport;
}

/**
 * Runs a program that prints one JSON object.
 *
 * @param begin arguments before the options and `--json`
 * @throws UmMaeError when it is not there, or ends with another exit code than 0
 */
export async function measureInProcess(
  program: string,
  begin: readonly string[],
  options: ProgramOptions,
): Promise<unknown> {
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const { stdout } = await execute(program, [...begin, ...flags, '--json']).catch((cause) => {
    throw new UmMaeError('bench', complaint(program, cause), { cause });
  });
  return JSON.parse(stdout);
}

/** Returns the message of a process that failed: its own sentence if it refused its options. */
function complaint(program: string, { code, stderr = '' }: ProcessFailure): string {
  const output = stderr.trim();
  if (code === 2 && output !== '') return output.replace(/^um-mae: /, '');
  if (code === 'ENOENT') {
    return `Expected a Python with PyTorch for \`--python\` but got \`${program}\`, which is not there.`;
  }
  const last = output.split('\n').at(-1) ?? '';
  return `Expected \`${program}\` to measure a step but got exit code ${code}: ${last}`;
}

/** The error that `execFile` rejects with. */
interface ProcessFailure {
  readonly code?: number | string | null;
  readonly stderr?: string;
}
