import { spawn } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The lines shown of a failed step's output: compilers put the cause first, installers last. */
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
    const stopWaiting = exitAfter(child);
    child.on('error', (error) => {
      stopWaiting();
      finish({ succeeded: false, output: error.message });
    });
    child.on('close', (code) => {
      stopWaiting();
      finish({ succeeded: code === 0, output });
    });
  });
}

/** Lets the child, on a signal, tidy up before this process ends too: npm rolls back. */
function exitAfter(child) {
  // The terminal sends SIGINT to both; a second one would cut the tidying short.
  const onInterrupt = () => child.once('close', () => process.exit(130));
  const onTerminate = () => {
    child.once('close', () => process.exit(143));
    child.kill('SIGTERM');
  };
  process.once('SIGINT', onInterrupt).once('SIGTERM', onTerminate);
  return () => process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate);
}

/** Prints the name of a step, does it, and adds the time it took. */
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
