/** Pages in a real browser over runs that no training has made: their look, and how runs end. */
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Studio, serveStudio } from '../server/index.js';
import { browserPath, openBrowser, openPage, visitPage } from './testing/browser.js';
import {
  stepLine,
  stepLines,
  temporaryFolder,
  writeInstances,
  writeRun,
} from './testing/run-directories.js';
import { openRun, textOf } from './testing/run-pages.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
/** A name that a page must show as it is. */
const hostile = '<img src=x onerror=alert(1)>';

const processes = {
  imagesPerSecond: [60, 40.5],
  dataWaitSeconds: [0.1, 1.25],
  exchangeSeconds: [1.5, 0.2],
  slowest: 1,
};

let studio: Studio;
let browser: Browser;

beforeAll(async () => {
  if (browserPath === undefined) return;
  browser = await openBrowser();
  writeRun(at('runs/plain'));
  writeRun(at(`runs/${hostile}`), {
    method: 'simmim',
    environment: { layout: 1, processes: [{ host: 'node1', device: 'cpu' }, { host: hostile }] },
    lines: Array.from({ length: 20 }, (_, i) => stepLine(i + 1, { processes })),
  });
  studio = await serveStudio({ folder: at('runs'), host: '127.0.0.1', port: 0 });
});

afterAll(async () => {
  await browser?.close();
  await studio?.close();
});

const visit = (body: (page: Page) => Promise<void>, options: BrowserContextOptions = {}) =>
  visitPage(browser, studio.url, body, options);

describe.skipIf(browserPath === undefined)('the pages of runs that are written', () => {
  test('are all within reach of the keyboard, with a focus that is seen', async () => {
    await visit(async (page) => {
      await page.locator('td.name').first().waitFor();
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('Skip');
      for (let i = 0; i < 40; i++) {
        await page.keyboard.press('Tab');
        const name = await page.evaluate(() => document.activeElement?.textContent);
        if (name === 'plain') break;
      }
      const outline = await page.evaluate(() => {
        const focused = document.activeElement;
        return focused ? getComputedStyle(focused).outlineStyle : 'none';
      });
      expect(outline).toBe('solid');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'plain' }).waitFor();
    });
  });

  test('name the slowest of several processes, and show what each waits for', async () => {
    await visit(async (page) => {
      await openRun(page, hostile);
      await page.getByRole('img', { name: /^Longest waits of a process\. / }).waitFor();
      const speeds = page.getByRole('img', { name: /^Images per second of a process\. / });
      expect(await speeds.getAttribute('aria-label')).toContain('slowest 40.5, fastest 60');
      await page.getByRole('link', { name: 'Processes', exact: true }).click();
      const sentence = `Process 1 on ${hostile} is the slowest: others wait for it, up to 1.5 s, and it waits 0.2 s for them.`;
      await page.getByText(sentence).waitFor();
      const row = page.getByRole('row', { name: /^1 / });
      expect((await row.getByRole('cell').allInnerTexts()).map((text) => text.trim())).toEqual([
        ...[hostile, '', '40.5', '1.3 s', '0.2 s'],
      ]);
      expect(await page.locator('.processes progress').count()).toBe(6);
    });
  });

  test('tell why a run ended, and hand over the command that goes on with it', async () => {
    const file = at(`runs/${hostile}/failure.json`);
    const reason = `Expected <b>space</b> on the disk.`;
    writeFileSync(file, JSON.stringify({ reason, step: 20, savedStep: 10, time: '' }));
    await visit(async (page) => {
      await openRun(page, hostile);
      const ending = page.getByRole('region', { name: 'The end of the run' });
      await ending.waitFor();
      expect(await ending.textContent()).toContain(`Ended at step 20:${reason}`);
      const command = `um-mae pretrain --resume --out '${at('runs')}/${hostile}'`;
      expect(await ending.locator('pre').textContent()).toBe(command);
      await ending.getByRole('button', { name: 'Copy' }).click();
      await expect.poll(() => ending.getByRole('status').textContent()).toMatch(/Copied|Selected/);
      expect(await page.evaluate(() => getSelection()?.toString())).toBe(command);
    });
    rmSync(file);
  });

  test('show objects with their scores, and label against prediction by a threshold', async () => {
    writeInstances(at('objects/cells'));
    const own = await serveStudio({ folder: at('objects'), host: '127.0.0.1', port: 0 });
    const { page, wrongs } = await openPage(browser, own.url, {
      viewport: { width: 390, height: 800 },
    });
    try {
      await openRun(page, 'cells', 'Results');
      await page.getByRole('img', { name: /^Average precision\. / }).waitFor();
      expect(await textOf(page)).toContain('50.0 % AP of boxes and 40.0 % of masks');
      await page.getByRole('img', { name: /^Precision\. / }).waitFor();
      const rows = page.locator('.class-scores tbody th');
      expect(await rows.allTextContents()).toEqual(['boxes', 'masks', 'cell', 'dust']);
      expect(await page.locator('.confusion thead span').allInnerTexts()).toEqual([
        'cell',
        'dust',
        'background',
      ]);
      const predicted = page.locator('.compared-images figure').nth(1).locator('rect');
      const tones = () => predicted.evaluateAll((all) => all.map((one) => one.classList.value));
      expect(await tones()).toEqual(['false', 'right']);
      const slider = page.getByRole('slider', { name: /^Scores from/ });
      await slider.fill('0.1');
      await expect.poll(tones).toEqual(['quiet', 'false', 'right']);
      await slider.fill('0.7');
      await expect.poll(tones).toEqual(['right']);
      const canvas = page.locator('.compared-images canvas').first();
      const painted = canvas.evaluate((one: HTMLCanvasElement) => {
        const { data } = one.getContext('2d')?.getImageData(0, 0, 8, 8) ?? { data: [] };
        return Array.from({ length: 64 }, (_, i) => data[4 * i + 3]).filter((a) => a === 255)
          .length;
      });
      expect(await painted).toBe(16);
      await page.getByRole('checkbox', { name: 'Masks' }).uncheck();
      await canvas.waitFor({ state: 'detached' });
      const width = () => page.evaluate(() => document.documentElement.scrollWidth);
      expect(await width()).toBe(390);
      await page.getByRole('link', { name: 'Curves', exact: true }).click();
      await page.getByRole('img', { name: /^Boxes in unseen images\. / }).waitFor();
      expect(wrongs).toEqual([]);
    } finally {
      await page.context().close();
      await own.close();
    }
  });

  test('are dark where the system is, or where the user chooses', async () => {
    const paper = (page: Page) =>
      page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await visit(async (page) => expect(await paper(page)).toBe('rgb(20, 23, 26)'), {
      colorScheme: 'dark',
    });
    await visit(async (page) => {
      expect(await paper(page)).toBe('rgb(251, 251, 249)');
      await page.getByRole('button', { name: 'Use dark colours' }).click();
      expect(await paper(page)).toBe('rgb(20, 23, 26)');
      await page.reload();
      expect(await paper(page)).toBe('rgb(20, 23, 26)');
      await page.getByRole('button', { name: 'Use light colours' }).waitFor();
    });
  });

  test('tell of damaged lines, and of a run that is deleted while it is open', async () => {
    writeRun(at('runs/doomed'), { lines: [...stepLines(5), '{"kind": "step", "st', 'xx'] });
    await studio.close();
    studio = await serveStudio({ folder: at('runs'), host: '127.0.0.1', port: 0 });
    await visit(async (page) => {
      await openRun(page, 'doomed');
      await page.getByText('2 of 7 lines of metrics.jsonl could not be read').waitFor();
      appendFileSync(at('runs/doomed/metrics.jsonl'), 'half a li');
      rmSync(at('runs/doomed'), { recursive: true });
      await page.getByRole('alert').getByText('it may have been moved or deleted').waitFor();
      expect(await page.locator('.chart').count()).toBeGreaterThan(0);
      await page.getByRole('link', { name: 'See all runs' }).click();
      await page.getByRole('link', { name: 'plain', exact: true }).waitFor();
    });
  });
});
