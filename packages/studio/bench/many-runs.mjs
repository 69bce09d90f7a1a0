#!/usr/bin/env node
/**
 * Measures how soon the studio shows 100 runs of 100,000 metric lines each (2.7 GB in a folder of
 * its own, deleted afterwards). Run, after `npm run setup -- --for-tests`: node
 * packages/studio/bench/many-runs.mjs
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveStudio } from '../dist/server/index.js';
import { openBrowser, openPage } from '../dist/test/testing/browser.js';

const [runs, lines] = [100, 100_000];
const recipe = `backbone: {kind: vit, channels: 192, depth: 12, heads: 3, patch: 16}
method: mae
masking: {kind: random}
duration: {epochs: 2000}
`;

const folder = mkdtempSync(join(tmpdir(), 'um-mae-many-runs-'));
let studio;
let browser;
try {
  writeRuns();
  studio = await serveStudio({ folder, host: '127.0.0.1', port: 0 });
  browser = await openBrowser();
  const { runs: list } = await (await fetch(`${studio.url}api/runs`)).json();
  for (let round = 0; round < 3; round++) {
    const all = await time(studio.url, `tbody tr:nth-child(${runs})`);
    const one = await time(`${studio.url}runs/${list[round].id}`, '.chart');
    const again = await time(`${studio.url}runs/${list[round].id}`, '.chart');
    console.log(
      `first paint ${all.paint} ms, all ${runs} runs ${all.shown} ms, curves of one ${one.shown} ms, again ${again.shown} ms`,
    );
  }
} finally {
  await browser?.close();
  await studio?.close();
  rmSync(folder, { recursive: true });
}

function writeRuns() {
  const first = join(folder, 'run-0', 'metrics.jsonl');
  for (let run = 0; run < runs; run++) {
    const path = join(folder, `run-${run}`);
    mkdirSync(path);
    writeFileSync(join(path, 'recipe.yaml'), recipe);
    if (run === 0) writeFileSync(first, Array.from({ length: lines }, lineOf).join(''));
    else copyFileSync(first, join(path, 'metrics.jsonl'));
  }
}

function lineOf(_, index) {
  const step = index + 1;
  const numbers = {
    loss: 0.3 + Math.exp(-step / 9000) + ((step * 7919) % 97) / 2000,
    learningRate: 0.001 * (1 - index / lines),
    gradientNorm: 0.4 + ((step * 31) % 89) / 300,
    imagesPerSecond: 320 + ((step * 13) % 40),
    dataWaitSeconds: 0.0073,
    residentBytes: 592e6,
    peakTensorBytes: 140e6,
    elapsedSeconds: step * 0.73,
  };
  return `${JSON.stringify({ kind: 'step', step, epoch: step / 100, ...numbers })}\n`;
}

/** Milliseconds from the navigation until the browser paints, and until something is there. */
async function time(address, sign) {
  const { page } = await openPage(browser, address);
  await page.locator(sign).first().waitFor();
  const [paint, shown] = await page.evaluate(() => [
    performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
    performance.now(),
  ]);
  await page.context().close();
  return { shown: Math.round(shown), paint: Math.round(paint) };
}
