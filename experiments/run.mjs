/**
 * Starts the program for an experiment, and keeps its figures: one `results.jsonl` in each
 * experiment's folder.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../packages/um-mae/bin/um-mae.js', import.meta.url));

/**
 * Runs one command of um-mae with `--json`. Throws when it fails. Ctrl-C ends the command, which
 * saves first; then it has failed, too.
 *
 * @param {...string} args the command and its options
 * @returns the last line that it prints, parsed, and the processor time of all its threads in
 *   seconds
 */
export async function umMae(...args) {
  const timed = ['-c', 'TIMEFORMAT="%U %S"; time "$@" 2>&3', '--', process.execPath, program];
  const child = spawn('bash', [...timed, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe', 2],
  });
  const leaveToChild = () => {};
  process.on('SIGINT', leaveToChild);
  let times = '';
  child.stderr.on('data', (bytes) => (times += bytes));
  const status = new Promise((done) => child.on('close', done));
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) last = line;
  const code = await status;
  process.removeListener('SIGINT', leaveToChild);
  const ended = code === 130 ? 'was stopped' : 'failed';
  if (code !== 0) throw new Error(`um-mae ${args.join(' ')} ${ended}.`);
  const [user, system] = times.trim().split(' ').map(Number);
  return { report: JSON.parse(last), processorSeconds: user + system };
}

/** Reads a file with one JSON value a line; there are none where there is no file. */
export function readLines(file) {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

/**
 * Writes what one run of an experiment measured, in place of what an earlier run of that name did.
 *
 * @param {URL} file the `results.jsonl` of the experiment
 * @param {string} run name of the run, kept as `run` in each of its lines
 * @param {object[]} measured one or more lines
 */
export function keepResults(file, run, measured) {
  const others = readLines(file).filter((line) => line.run !== run);
  const lines = [...others, ...measured.map((line) => ({ run, ...line }))];
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}
