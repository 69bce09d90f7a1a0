/** Runs the real command line, as a user would, for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';
import { writeScenes } from '../../demo/scenes.js';
import { type Outcome, ProgramHost } from './program-host.js';

/** A program that is running. */
export interface ProgramProcess {
  readonly child: ChildProcess;
  /** The outcome of the process, once it has ended. */
  readonly outcome: Promise<Outcome>;
}

const ownProgram = fileURLToPath(new URL('../../../bin/um-mae.js', import.meta.url));

/**
 * @param onLine is called with every line of standard output as it comes
 * @param program the file of the program; by default this package's own
 */
export function startUmMae(
  args: readonly string[],
  onLine: (line: string) => void = () => {},
  program = ownProgram,
): ProgramProcess {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    stdout += `${line}\n`;
    onLine(line);
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const outcome = new Promise<Outcome>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, outcome };
}

/**
 * Starts the program for this command line alone, as a user does: each command is tested so at
 * least once.
 */
export function umMaeAlone(...args: readonly string[]): Promise<Outcome> {
  return startUmMae(args).outcome;
}

/** A host that ends with the test file. @param file as of `ProgramHost` */
export function programHost(file?: string): ProgramHost {
  const host = new ProgramHost(file);
  afterAll(() => host.stop());
  return host;
}

const host = programHost();

/**
 * Runs the command line in a process that the test file keeps, and where nothing else runs
 * meanwhile.
 */
export function umMae(...args: readonly string[]): Promise<Outcome> {
  return host.run(args);
}

/** Runs the program and expects a sentence (and at most some advice) and nothing else. */
export async function refusal(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await umMae(...args);
  expect(code, stderr).toBe(2);
  expect(stderr).toMatch(/^um-mae: /);
  expect(stderr).not.toMatch(/\n\s+at /);
  const sentence = stderr.slice('um-mae: '.length);
  // Training tells programs, too.
  const reason = args.includes('--json') && stdout !== '' ? JSON.parse(stdout) : undefined;
  if (reason) expect(reason).toEqual({ kind: 'failed', reason: sentence.trimEnd() });
  else expect(stdout, stderr).toBe('');
  return sentence;
}

/** Runs the program and expects that it ends well. */
export async function reported(...args: readonly string[]) {
  const { code, stdout, stderr } = await umMae(...args, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** A folder that goes when the test file has ended. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'um-mae-'));
  temporary.push(path);
  return path;
}

const temporary: string[] = [];
afterAll(() => {
  for (const path of temporary) rmSync(path, { recursive: true, force: true });
});

/** Eight rendered images per `perClass`. */
export async function writeImages(folder: string, perClass: number): Promise<void> {
  await writeScenes(folder, { perClass: { train: perClass, val: 0 }, seed: 1, size: 40 });
}

/** A model that trains dozens of steps a second. */
export const tinyModel: readonly string[] = [
  ...['--model', 'swin-micro', '--image-size', '32', '--threads', '1', '--workers', '1'],
  ...['--set', 'backbone.channels=8', '--set', 'backbone.heads=[1, 1, 1, 1]'],
  ...['--set', 'decoder.channels=16', '--set', 'decoder.heads=2', '--set', 'logEvery=1'],
];
