import { spawn } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Of a failed step's output: compilers put the cause first, installers last. */
const shownLines = 30;

/** A set-up that cannot go on. Exit code 2: the user is to act; 1: a step failed. */
export class SetupError extends Error {
  constructor(message, { exitCode = 2, output = '' } = {}) {
    super(message);
    this.exitCode = exitCode;
    this.output = shorten(output.trimEnd());
  }
}

function shorten(output) {
  const lines = output.split('\n');
  if (lines.length <= 2 * shownLines) return output;
  const left = lines.length - 2 * shownLines;
  const kept = [...lines.slice(0, shownLines), `[${left} lines]`, ...lines.slice(-shownLines)];
  return kept.join('\n');
}

/**
 * Runs a command without input, in the repository, and keeps its output to itself.
 *
 * @returns {Promise<{succeeded: boolean, output: string}>}
 */
export function run(command, args, { environment = {} } = {}) {
  return new Promise((finish) => {
    const child = spawn(command, args, {
      cwd: repository,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    child.on('error', (error) => finish({ succeeded: false, output: error.message }));
    child.on('close', (code) => finish({ succeeded: code === 0, output }));
  });
}

/** Says what is being done, does it, and adds how long it took. */
export async function step(label, work) {
  const start = performance.now();
  process.stdout.write(`setup: ${label} ... `);
  try {
    const result = await work();
    process.stdout.write(`${Math.ceil((performance.now() - start) / 1000)} s\n`);
    return result;
  } catch (error) {
    process.stdout.write('failed\n');
    throw error;
  }
}
