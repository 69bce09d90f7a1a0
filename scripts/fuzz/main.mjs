/**
 * `npm run fuzz -- READER... [--minutes N] [--seed N] [--corpus FOLDER]`: reads changed files, each
 * reader for N minutes, and keeps those that end in anything but a sentence. The files that reach
 * new code are kept in FOLDER, where a later run goes on with them. `all` stands for every reader.
 *
 * At the end of each it says how much code was reached, and when the last of it: where that was soon,
 * more minutes would hardly find more.
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzzNative, nativeReaders } from './native.mjs';
import { readers } from './readers.mjs';
import { corpusOf } from './runs.mjs';

const names = [...Object.keys(readers), ...Object.keys(nativeReaders)];
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    corpus: { type: 'string' },
  },
});
const chosen = positionals.includes('all') ? names : positionals;
const unknown = chosen.find((name) => !names.includes(name));
if (chosen.length === 0 || unknown !== undefined || !(Number(values.minutes) > 0)) {
  const got = unknown === undefined ? 'none' : `\`${unknown}\``;
  console.error(`Expected readers out of all, ${names.join(', ')} and --minutes N but got ${got}.`);
  process.exit(2);
}

/** A reader that says nothing for so long hangs. */
const silenceMs = 120_000;
const findings = join(import.meta.dirname, '../../fuzz-findings');

let found = 0;
for (const name of chosen) {
  const milliseconds = Number(values.minutes) * 60_000;
  found +=
    name in readers ? await fuzz(name, milliseconds) : fuzzNative(name, milliseconds, findings);
}
process.exitCode = found > 0 ? 1 : 0;

/** Fuzzes one reader, with a new process whenever one has ended. Returns the number of findings. */
async function fuzz(name, milliseconds) {
  const folder = mkdtempSync(join(memoryFolder(), 'fuzz-'));
  const grown = join(values.corpus ?? folder, name);
  mkdirSync(grown, { recursive: true });
  for (const [i, content] of corpusOf(name).entries()) {
    writeFileSync(join(grown, `${i}`), content);
  }
  const end = Date.now() + milliseconds;
  const run = { name, folder, grown, end, runs: 0, corpus: 0, reached: 0, seen: new Set() };
  const begin = Date.now();
  for (let seed = Number(values.seed); Date.now() < run.end; seed++) await watch(run, seed);
  const { runs, corpus, reached, seen, last = begin } = run;
  const seconds = (until) => Math.round((until - begin) / 1000);
  console.log(
    `${name}: ${runs} files read in ${seconds(Date.now())} s, ${corpus} in the corpus, ` +
      `${reached} letters of code reached, the last after ${seconds(last)} s, ${seen.size} findings`,
  );
  rmSync(folder, { recursive: true });
  return run.seen.size;
}

/** A folder in memory, where there is one: every file is written before it is read. */
function memoryFolder() {
  const shared = '/dev/shm';
  return existsSync(shared) ? shared : tmpdir();
}

function watch(run, seed) {
  const { name, folder, grown } = run;
  const options = [name, folder, grown, `${seed}`];
  const worker = fork(join(import.meta.dirname, 'worker.mjs'), options, {
    execArgv: ['--max-old-space-size=1024'],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let [said, isOver] = ['', false];
  worker.stderr.on('data', (text) => {
    said = `${said}${text}`.slice(-4000);
  });
  const hang = setTimeout(() => worker.kill('SIGKILL'), silenceMs);
  const over = setTimeout(() => {
    isOver = true;
    worker.kill('SIGKILL');
  }, run.end - Date.now());
  worker.on('message', (message) => {
    hang.refresh();
    if (message.runs) count(run, message);
    else keep(run, message.finding, Buffer.from(message.content));
  });
  return new Promise((resolve) => {
    worker.on('close', (code, signal) => {
      clearTimeout(hang);
      clearTimeout(over);
      if (!isOver) keep(run, `ended by ${signal ?? code}\n${said}`, lastInput(run.folder));
      resolve();
    });
  });
}

/** Adds the files that a process has read, and notes the time when they reached new code. */
function count(run, { runs, corpus, reached }) {
  run.runs += runs;
  run.corpus = corpus;
  if (reached <= run.reached) return;
  if (run.reached > 0) run.last = Date.now();
  run.reached = reached;
}

function lastInput(folder) {
  const input = readdirSync(folder).find((file) => file.startsWith('input.'));
  return input === undefined ? Buffer.alloc(0) : readFileSync(join(folder, input));
}

/** Keeps the first file of each kind of failure. */
function keep({ name, seen }, failure, content) {
  const kind = failure.split('\n').slice(0, 3).join('\n').replace(/\d+/g, '0');
  if (seen.has(kind)) return;
  seen.add(kind);
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const path = join(findings, `${name}-${hash}`);
  mkdirSync(findings, { recursive: true });
  writeFileSync(path, content);
  writeFileSync(`${path}.txt`, failure);
  console.log(`${name}: ${path}\n${failure.split('\n').slice(0, 6).join('\n')}`);
}
