/** A process that reads changed files until it is ended, and tells its parent what goes wrong. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Coverage } from './coverage.mjs';
import { mutate } from './mutate.mjs';
import { isSentence, readers } from './readers.mjs';
import { randomOf, startFolder } from './runs.mjs';

const [name, folder, seed] = process.argv.slice(2);
const { ending, load } = readers[name];

/** More time of the processor than any small file may take. */
const mostSeconds = 5;

const grown = join(folder, 'grown');
mkdirSync(grown, { recursive: true });
const corpus = readdirSync(grown).map((file) => readFileSync(join(grown, file)));
const random = randomOf(Number(seed));
const input = startFolder(folder, { name, ending });
const read = await load();
const coverage = new Coverage();
coverage.start();
for (const content of corpus) await attempt(content);
coverage.hasNew();

for (let runs = 1; ; runs++) {
  const content = mutate(corpus, random);
  await attempt(content);
  if (runs % 16 === 0) process.send({ runs: 16, corpus: corpus.length });
  if (!coverage.hasNew()) continue;
  writeFileSync(join(grown, `${corpus.length}`), content);
  corpus.push(content);
}

async function attempt(content) {
  writeFileSync(input, content);
  const before = process.cpuUsage();
  try {
    await read(input);
  } catch (error) {
    if (!isSentence(error)) process.send({ finding: String(error?.stack ?? error), content });
  }
  const { user } = process.cpuUsage(before);
  if (user > mostSeconds * 1e6) {
    process.send({ finding: `took ${(user / 1e6).toFixed(0)} s`, content });
  }
}
