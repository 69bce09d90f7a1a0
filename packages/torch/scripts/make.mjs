import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';

/** A line of make that compiles one file. */
const compilation = /\s-c\s+-o\s/;

/**
 * Brings an addon up to date by its Makefile.
 *
 * @param {string} folder that has the Makefile
 * @param {readonly string[]} goal variables and target
 * @param {(share: number) => void} [onProgress] takes the share of the files whose turn has come
 * @returns {Promise<boolean>} whether anything was compiled
 * @throws {Error} with `output`, the last lines of make and the compiler
 */
export async function make(folder, goal, onProgress = () => {}) {
  const started = (...options) => runMake(['-C', folder, ...options, ...goal]);
  if ((await started('--question').ended) === 0) return false;
  const plan = started('--dry-run');
  const files = plan.lines.then((lines) => lines.filter((line) => compilation.test(line)).length);
  const total = (await plan.ended) === 0 ? await files : 0;
  let begun = 0;
  const building = runMake(['-C', folder, `-j${availableParallelism()}`, ...goal], (line) => {
    if (compilation.test(line)) onProgress(begun++ / total);
  });
  if ((await building.ended) === 0) return true;
  const lines = (await building.lines).filter((line) => !compilation.test(line));
  throw Object.assign(new Error(`make failed in ${folder}`), { output: lines.join('\n') });
}

/** Starts make, whose lines and exit code come. */
function runMake(args, onLine = () => {}) {
  const child = spawn('make', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const collected = [];
  const add = (line) => {
    collected.push(line);
    onLine(line);
  };
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', add);
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  return { ended, lines: ended.then(() => collected) };
}
