#!/usr/bin/env node
/**
 * Runs the golden runs and keeps their losses in packages/um-mae/fixtures/golden. With `--full
 * FOLDER`, writes every digit and digests of the last checkpoints there instead: two folders that
 * two versions of the code wrote on one machine are compared by `diff -r`.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as golden from '../packages/um-mae/dist/cli/testing/golden-runs.js';

const { full } = parseArgs({ options: { full: { type: 'string' } } }).values;
const runs = mkdtempSync(join(tmpdir(), 'goldens-'));
try {
  await golden.runGoldens(runs);
  const folder = full ?? golden.goldenFolder;
  mkdirSync(folder, { recursive: true });
  for (const name of golden.goldenNames) {
    const run = join(runs, name);
    const numbers = golden.readGoldenRun(run);
    const text = full ? exact(numbers, golden.checkpointDigests(run)) : rounded(numbers);
    writeFileSync(join(folder, `${name}.json`), text);
  }
  console.log(`Wrote ${golden.goldenNames.length} golden runs to ${folder}.`);
} finally {
  rmSync(runs, { recursive: true });
}

function exact(numbers, digests) {
  return `${JSON.stringify({ ...numbers, digests }, null, 2)}\n`;
}

/** Seven digits: two more than are compared. */
function rounded(numbers) {
  const round = (_, value) => (typeof value === 'number' ? Number(value.toPrecision(7)) : value);
  return `${JSON.stringify(numbers, round, 2)}\n`;
}
