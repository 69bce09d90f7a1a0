/**
 * `npm run fuzz -- READER... [--minutes N] [--seed N] [--corpus FOLDER]`: reads changed files, each
 * reader for N minutes, and keeps those that end in anything but a sentence. The files that reach
 * new code are kept in FOLDER, where a later run goes on with them.
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
const unknown = positionals.find((name) => !names.includes(name));
if (positionals.length === 0 || unknown !== undefined || !(Number(values.minutes) > 0)) {
  const got = unknown === undefined ? 'none' : `\`${unknown}\``;
  console.error(`Expected readers out of ${names.join(', ')} and --minutes N but got ${got}.`);
  process.exit(2);
}

/** A reader that says nothing for so long hangs. */
const silenceMs = 120_000;
const findings = join(import.meta.dirname, '../../fuzz-findings');

let found = 0;
for (const name of positionals) {
  const milliseconds = Number(values.minutes) * 60_000;
  found +=
    name in readers ? await fuzz(name, milliseconds) : fuzzNative(name, milliseconds, findings);
}
process.exitCode = found > 0 ? 1 : 0;

/** Fuzzes one reader, with a new process whenever one has ended. Returns the number of findings. */
async function fuzz(name, milliseconds) {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  const grown = join(values.corpus ?? folder, name);
  mkdirSync(grown, { recursive: true });
  for (const [i, content] of corpusOf(name).entries()) {
    writeFileSync(join(grown, `${i}`), content);
  }
  const end = Date.now() + milliseconds;
  const run = { name, folder, grown, end, runs: 0, corpus: 0, seen: new Set() };
  for (let seed = Number(values.seed); Date.now() < run.end; seed++) await watch(run, seed);
  console.log(
    `${name}: ${run.runs} files read, ${run.corpus} in the corpus, ${run.seen.size} findings`,
  );
  rmSync(folder, { recursive: true });
  return run.seen.size;
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
    if (message.runs) Object.assign(run, { runs: run.runs + message.runs, corpus: message.corpus });
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
