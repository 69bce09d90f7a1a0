/** Runs of several processes that experiments start, disturb and look at. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { writeScenes } from '../../packages/um-mae/dist/demo/scenes.js';

export const program = fileURLToPath(
  new URL('../../packages/um-mae/bin/um-mae.js', import.meta.url),
);

/** A model of some twenty steps a second. */
export const tiny = [
  ...['--model', 'swin-micro', '--image-size', '32', '--threads', '1', '--workers', '1'],
  ...['--set', 'backbone.channels=8', '--set', 'backbone.heads=[1, 1, 1, 1]'],
  ...['--set', 'decoder.channels=16', '--set', 'decoder.heads=2', '--set', 'logEvery=1'],
];

/** Writes eight images for each of `perClass`. */
export async function writeImages(folder, perClass, size = 40) {
  await writeScenes(folder, { perClass: { train: perClass, val: 0 }, seed: 1, size });
  return folder;
}

/**
 * Starts a command.
 *
 * @param {readonly string[]} words the program and its arguments
 * @param {{environment?: object, leadsGroup?: boolean, onEvent?: (event: object) => void}} [options]
 *   `leadsGroup`: in a process group of its own; `onEvent`: called with every line of standard
 *   output that is JSON
 */
export function start(words, { environment = {}, leadsGroup = false, onEvent = () => {} } = {}) {
  const [command, ...args] = words;
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: leadsGroup,
    env: { ...process.env, GLOG_minloglevel: '3', ...environment },
  });
  const startMs = performance.now();
  let stderr = '';
  child.stderr.on('data', (text) => (stderr += text));
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{')) onEvent(JSON.parse(line));
  });
  const outcome = new Promise((done) => {
    child.on('close', (code, signal) => {
      const last = { stderr: stderr.trim(), seconds: seconds(startMs) };
      done({ code, ...(signal ? { signal } : {}), ...last });
    });
  });
  return { child, outcome };
}

/** A port that was free a moment ago. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** The seconds since a moment. */
export function seconds(startMs) {
  return Number(((performance.now() - startMs) / 1000).toFixed(1));
}

/** The processes that a process has started, in their order. */
export function childrenOf(pid) {
  const file = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number)
    .sort((a, b) => a - b);
}

/** The processes whose command line has a text. */
export function processesOf(text) {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(text));
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Waits until no process has a text in its command line. @returns those left, and the seconds */
export async function lastOnes(text, limitSeconds) {
  const startMs = performance.now();
  while (processesOf(text).length > 0 && seconds(startMs) < limitSeconds)
    await new Promise((done) => setTimeout(done, 100));
  return { left: processesOf(text).length, seconds: seconds(startMs) };
}

/** The digest of weights, moments and state of the last checkpoint; of time nothing counts. */
export function digestOf(run) {
  const last = join(run, 'checkpoints/last');
  const hash = createHash('sha256');
  for (const name of ['model.safetensors', 'optimizer.safetensors'])
    hash.update(readFileSync(join(last, name)));
  return hash.digest('hex').slice(0, 16);
}
