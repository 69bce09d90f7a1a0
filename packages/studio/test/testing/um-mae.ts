/** The real command line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(import.meta.resolve('um-mae')).replace(
  /dist\/index\.js$/,
  'bin/um-mae.js',
);

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramProcess {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
  /** The first line of standard output. */
  readonly firstLine: Promise<string>;
}

export function startUmMae(...args: readonly string[]): ProgramProcess {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const firstLine = new Promise<string>((resolve) => {
    child.stdout.on('data', (text) => {
      stdout += text;
      if (stdout.includes('\n')) resolve(stdout.split('\n')[0] ?? '');
    });
  });
  const outcome = new Promise<Outcome>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, outcome, firstLine };
}

export function umMae(...args: readonly string[]): Promise<Outcome> {
  return startUmMae(...args).outcome;
}

/** A model that trains dozens of steps a second. */
export const tinyModel: readonly string[] = [
  ...['--model', 'swin-micro', '--image-size', '32', '--threads', '1', '--workers', '1'],
  ...['--set', 'backbone.channels=8', '--set', 'backbone.heads=[1, 1, 1, 1]'],
];
