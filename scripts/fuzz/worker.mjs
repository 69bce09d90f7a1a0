/** A process that reads changed files until it is ended, and tells its parent what goes wrong. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Coverage } from './coverage.mjs';
import { mutate } from './mutate.mjs';
import { isSentence, readers } from './readers.mjs';
import { randomOf, startFolder } from './runs.mjs';

const [name, folder, grown, seed] = process.argv.slice(2);
const { ending, load } = readers[name];

/** More time of the processor than any small file may take. */
const mostSeconds = 5;

const random = randomOf(Number(seed));
const input = startFolder(folder, { name, ending });
const read = await load();
const coverage = new Coverage();
coverage.start();
/** Files that changed ones are made of, and the time that each takes. */
const corpus = [];
for (const file of readdirSync(grown)) {
  const content = readFileSync(join(grown, file));
  corpus.push({ content, seconds: await attempt(content) });
}
coverage.hasNew();

/** Counting takes longer than most files do, so that it is done once for many of them. */
const [fewest, most] = [16, 1024];

/** The share of the time that counting may take. */
const share = 0.2;

for (let together = fewest; ; ) {
  const changed = Array.from({ length: together }, () => mutate(any, random));
  const begin = performance.now();
  for (const content of changed) await attempt(content);
  const counted = performance.now();
  if (coverage.hasNew(false)) await keepNew(changed);
  const isSlow = performance.now() - counted > share * (counted - begin);
  together = Math.max(fewest, Math.min(most, isSlow ? together * 2 : together - 1));
  process.send({ runs: changed.length, corpus: corpus.length, reached: coverage.reached });
}

/** The content of one of two files, the one that is read in less time. */
function any() {
  const [one, other] = [0, 0].map(() => corpus[Math.floor(random() * corpus.length)]);
  return (one.seconds < other.seconds ? one : other).content;
}

/** Keeps those of some files that reach new code, which are looked for in halves. */
async function keepNew(contents) {
  let seconds = 0;
  for (const content of contents) seconds = await attempt(content);
  if (!coverage.hasNew(contents.length === 1)) return;
  if (contents.length > 1) {
    const middle = contents.length >> 1;
    await keepNew(contents.slice(0, middle));
    await keepNew(contents.slice(middle));
    return;
  }
  const [content] = contents;
  writeFileSync(join(grown, createHash('sha256').update(content).digest('hex')), content);
  corpus.push({ content, seconds });
}

/** Returns the seconds of the processor that a file has taken. */
async function attempt(content) {
  writeFileSync(input, content);
  const before = process.cpuUsage();
  try {
    await read(input);
  } catch (error) {
    if (!isSentence(error)) process.send({ finding: String(error?.stack ?? error), content });
  }
  const seconds = process.cpuUsage(before).user / 1e6;
  if (seconds > mostSeconds) process.send({ finding: `took ${seconds.toFixed(0)} s`, content });
  return seconds;
}
