import { spawn } from 'node:child_process';

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
 * Runs a command without input and keeps its output to itself.
 *
 * @param {object} [options]
 * @param {string} [options.folder] where it runs, by default here
 * @param {object} [options.environment] variables beside those of this process
 * @returns {Promise<{succeeded: boolean, output: string}>}
 */
export function run(command, args, { folder, environment = {} } = {}) {
  return new Promise((finish) => {
    const child = spawn(command, args, {
      cwd: folder,
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

/**
 * Prints the name of a step, does it, and adds the time it took. A long one shows every tenth of it.
 *
 * @param {(onProgress: (share: number) => void) => unknown} work
 */
export async function step(label, work) {
  const start = performance.now();
  process.stdout.write(`setup: ${label} ... `);
  let shown = 0;
  const onProgress = (share) => {
    if (share < shown + 0.1) return;
    shown = Math.floor(10 * share) / 10;
    process.stdout.write(`${Math.round(100 * shown)} % `);
  };
  try {
    const result = await work(onProgress);
    process.stdout.write(`${secondsSince(start)}\n`);
    return result;
  } catch (error) {
    process.stdout.write('failed\n');
    throw error;
  }
}

/**
 * Builds something: the first time, which takes long, is announced, a later one is reported if it
 * did anything.
 *
 * @param {object} options
 * @param {boolean} options.isFirst
 * @param {(onProgress: (share: number) => void) => Promise<boolean>} options.work returns whether
 *   it did anything
 */
export async function buildStep(label, { isFirst, work }) {
  if (isFirst) return step(label, work);
  const start = performance.now();
  if (!(await work(() => {}))) return;
  process.stdout.write(`setup: ${label} ... ${secondsSince(start)}\n`);
}

function secondsSince(start) {
  return `${Math.ceil((performance.now() - start) / 1000)} s`;
}
