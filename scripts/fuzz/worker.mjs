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

/** Counting takes longer than most files do, so that it is done once for some of them. */
const together = 16;

while (true) {
  const changed = Array.from({ length: together }, () => mutate(any, random));
  for (const content of changed) await attempt(content);
  process.send({ runs: together, corpus: corpus.length });
  if (!coverage.hasNew(false)) continue;
  for (const content of changed) await keepIfNew(content);
}

/** The content of one of two files, the one that is read in less time. */
function any() {
  const [one, other] = [0, 0].map(() => corpus[Math.floor(random() * corpus.length)]);
  return (one.seconds < other.seconds ? one : other).content;
}

async function keepIfNew(content) {
  const seconds = await attempt(content);
  if (!coverage.hasNew()) return;
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
