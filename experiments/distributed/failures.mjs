/**
 * Runs several processes that something happens to: one line of `results.jsonl` for each case, with
 * what was seen, and whether it is what should be. Cases that it has already are kept. Those of
 * two hosts and of a full disk need root.
 *
 *     node experiments/distributed/failures.mjs [case ...]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepResults, readLines } from '../run.mjs';
import { evaluations } from './cases/evaluations.mjs';
import { growth } from './cases/growth.mjs';
import { hosts } from './cases/hosts.mjs';
import { kills } from './cases/kills.mjs';
import { peers } from './cases/peers.mjs';
import { signals } from './cases/signals.mjs';
import { silence } from './cases/silence.mjs';
import { writeImages } from './processes.mjs';

const cases = {
  ...kills,
  ...signals,
  ...evaluations,
  ...silence,
  ...peers,
  ...growth,
  ...hosts,
};
const results = new URL('results.jsonl', import.meta.url);
const machine = `${cpus().length} x ${cpus()[0].model}`;
const chosen = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'um-mae-failures-'));
const data = await writeImages(join(folder, 'data'), 3);

for (const [name, body] of Object.entries(cases)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const isKept = readLines(results).some(({ run }) => run === name);
  if (isKept && !chosen.includes(name)) continue;
  const date = new Date().toISOString();
  const found = await body({ data, out: join(folder, name.replaceAll(' ', '-')) });
  console.log(name, JSON.stringify(found));
  keepResults(results, name, [{ ...found, machine, date }]);
}
rmSync(folder, { recursive: true });
