/** Speeds of Python programs that do what ours do. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The JSON output of a script in `bench/`. */
export interface PythonSpeed {
  readonly version: string;
  readonly imagesPerProcessorSecond: number;
}

/** Processor time of all threads of this process so far. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/**
 * Runs a script of `bench/` on one job.
 *
 * @returns undefined when that Python, or the package that the script needs, is not there
 */
export async function runPython<Output>(
  python: string,
  script: string,
  job: object,
): Promise<Output | undefined> {
  const path = fileURLToPath(new URL(`../../../../bench/${script}`, import.meta.url));
  const child = spawn(python, [path], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise<boolean>((resolve) => {
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });
  child.stdin.on('error', () => {});
  child.stdin.end(JSON.stringify(job));
  const output = await text(child.stdout);
  return (await ended) ? JSON.parse(output) : undefined;
}
