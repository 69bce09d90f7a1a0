/** Every page in a real browser, over runs of real trainings. */
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Studio, serveStudio } from '../server/index.js';
import { browserPath, openBrowser, openPage, visitPage } from './testing/browser.js';
import { temporaryFolder, writeRun } from './testing/run-directories.js';
import { openRun, textOf } from './testing/run-pages.js';
import { startUmMae, tinyModel, umMae } from './testing/um-mae.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
/** Names that a page must show as they are. */
const hostile = '<img src=x onerror=alert(1)>';
const hostileClass = '"><script>alert(2)</script>';

let studio: Studio;
let browser: Browser;

beforeAll(async () => {
  if (browserPath === undefined) return;
  browser = await openBrowser();
  const demo = ['demo', '--out', at('made/demo'), '--per-class', '4', '--epochs', '3'];
  expect(await umMae(...demo)).toMatchObject({ code: 0 });
  const scenes = at('made/demo-scenes');
  for (const side of ['train', 'val']) {
    cpSync(
      join(scenes, side, 'disc-above-square'),
      join(at('hostile'), side, encodeName(hostileClass)),
      {
        recursive: true,
      },
    );
    cpSync(join(scenes, side, 'disc-inside-frame'), join(at('hostile'), side, 'plain'), {
      recursive: true,
    });
  }
  const tune = ['finetune', '--from', 'none', '--data', at('hostile'), ...tinyModel];
  const tuned = await umMae(
    ...tune,
    '--batch-size',
    '8',
    '--epochs',
    '2',
    '--out',
    at('runs/tuned'),
  );
  expect(tuned).toMatchObject({ code: 0 });
  await trainSegmentor(at('squares'), at('runs/segmented'));
  cpSync(at('made/demo'), at('runs/demo'), { recursive: true, verbatimSymlinks: true });
  writeRun(at(`runs/${hostile}`), { method: 'simmim' });
  studio = await serveStudio({ folder: at('runs'), host: '127.0.0.1', port: 0 });
}, 240_000);

/** Trains on images of squares and discs, three of which are evaluated on. */
async function trainSegmentor(data: string, out: string): Promise<void> {
  const squares = new URL('cli/testing/sets/squares.js', import.meta.resolve('um-mae')).href;
  const { writeSquares } = await import(squares);
  await writeSquares(data, { train: 8, val: 3 });
  const sizes = ['crop={height: 32, width: 32}', 'head.channels=8', 'head.projection.channels=8'];
  const { code, stderr } = await umMae(
    ...['finetune', '--task', 'segmentation', '--from', 'none', '--data', data, '--out', out],
    ...[...tinyModel, '--batch-size', '4', '--epochs', '2'],
    ...['evaluateEvery={epochs: 1}', ...sizes].flatMap((value) => ['--set', value]),
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

afterAll(async () => {
  await browser?.close();
  await studio?.close();
});

/** A class folder's name holds no slash. */
function encodeName(name: string): string {
  return name.replaceAll('/', '∕');
}

const visit = (body: (page: Page) => Promise<void>, options: BrowserContextOptions = {}) =>
  visitPage(browser, studio.url, body, options);

describe.skipIf(browserPath === undefined)('the pages', () => {
  test('list the runs, search and sort them, and keep both in the address', async () => {
    await visit(async (page) => {
      const names = page.locator('td.name a');
      await names.first().waitFor();
      expect(await names.count()).toBe(4);
      // What the demo has found out is its score.
      const demo = page.getByRole('row', { name: /^Compare demo/ });
      expect(await demo.locator('[title^="linear probe on "]').textContent()).toMatch(
        /^[\d.]+\s%$/,
      );
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      expect(await names.allInnerTexts()).toEqual([hostile, 'demo', 'segmented', 'tuned']);
      // Both the task and the command that trains it are found.
      await page.getByPlaceholder('Search').fill('finetune classification finished');
      await page.waitForFunction(() => document.querySelectorAll('td.name').length === 1);
      expect(page.url()).toContain('search=finetune+classification');
      await page.reload();
      await names.first().waitFor();
      expect(await names.allInnerTexts()).toEqual(['tuned']);
    });
  });

  test('tag and note runs, find them by that, and save the list', async () => {
    await visit(async (page) => {
      await openRun(page, 'demo');
      await page.getByLabel('Add a tag').fill('baseline');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Remove the tag baseline' }).waitFor();
      await page.getByRole('textbox', { name: 'Note', exact: true }).fill('Runs cold.');
      await page.getByLabel('Add a tag').focus();
      await page.getByText('Saved', { exact: true }).waitFor();
      await page.getByRole('link', { name: 'Runs', exact: true }).click();
      await page.getByText('Runs cold.').waitFor();
      await page.getByRole('button', { name: 'baseline', exact: true }).click();
      await expect.poll(() => page.locator('td.name').count()).toBe(1);
      const saved = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Save as CSV' }).click();
      const table = readFileSync(await (await saved).path(), 'utf8');
      expect(table).toMatch(/^name,state,.*\r\ndemo,finished,.*,baseline,Runs cold\.\r\n$/s);
      await page.getByRole('link', { name: 'demo', exact: true }).click();
      await page.getByRole('button', { name: 'Remove the tag baseline' }).click();
      await page
        .getByRole('button', { name: 'Remove the tag baseline' })
        .waitFor({ state: 'detached' });
    });
  });

  test('compare runs: curves one over the other, recipes value by value', async () => {
    await visit(async (page) => {
      await page.getByLabel('Compare demo').check();
      await page.getByLabel(`Compare ${hostile}`).check();
      await page.getByRole('button', { name: 'Compare 2' }).click();
      // The mean of squares has no place beside that of absolute values.
      const squares = /^Loss: squared error of pixels\. Latest: demo [\d.]+\.$/;
      await page.getByRole('img', { name: squares }).waitFor();
      const others = /^Loss: absolute error of .*\. Latest: <img src=x/;
      await page.getByRole('img', { name: others }).waitFor();
      await page.getByText('The losses of these runs cannot be compared').waitFor();
      const both = page.getByRole('img', { name: /^Gradient norm\. Latest: demo .*, <img src=x/ });
      await both.waitFor();
      await page.getByRole('row', { name: 'Method um-mae simmim' }).waitFor();
    });
  });

  test('draw curves by step, epoch or hours, smoothed, on a log scale, and in part', async () => {
    await visit(async (page) => {
      await openRun(page, 'tuned');
      await page.getByRole('img', { name: /^Loss\. / }).waitFor();
      const titles = await page.locator('.chart-title').allInnerTexts();
      expect(titles).toEqual(expect.arrayContaining(['Loss', 'Gradient norm', 'Memory']));
      await page.getByRole('combobox', { name: 'x', exact: true }).selectOption('epoch');
      await page.getByLabel('Smoothing').fill('0.9');
      await page.getByLabel('Log scale').check();
      const canvas = page.locator('.chart .u-over').first();
      const reading = page.locator('.chart-reading').filter({ hasText: 'epoch' });
      // Every setting makes the chart anew, which forgets the pointer.
      await expect
        .poll(async () => {
          await canvas.hover({ position: { x: 100, y: 50 } });
          return reading.count();
        })
        .toBeGreaterThan(0);
      // The line is at the same place everywhere, and moved by keys too.
      const readings = page.locator('.chart-reading').filter({ hasText: /epoch \d/ });
      await expect.poll(() => readings.count()).toBeGreaterThan(5);
      // Points of evaluations are at every epoch.
      await page.getByRole('img', { name: /^Accuracy on/ }).focus();
      for (const [key, place] of [
        ['Home', 'epoch 1'],
        ['End', 'epoch 2'],
      ] as const) {
        await page.keyboard.press(key);
        const own = readings.filter({ hasText: 'top-1' });
        await expect.poll(() => own.textContent()).toContain(place);
        expect(await readings.count()).toBeGreaterThan(5);
      }
      await page.keyboard.press('Escape');
      await expect.poll(() => readings.count()).toBe(0);
      for (const kind of ['SVG', 'PNG']) {
        const saved = page.waitForEvent('download');
        await page.getByRole('button', { name: `Save Loss as ${kind}` }).click();
        const file = await saved;
        expect(file.suggestedFilename()).toBe(`loss.${kind.toLowerCase()}`);
        const { width, height } = await sharp(await file.path()).metadata();
        expect(width / height).toBe(1.8);
      }
      const memory = page.getByRole('img', { name: /^Memory\. / });
      await page.getByRole('button', { name: 'Hide Memory' }).click();
      await expect.poll(() => memory.count()).toBe(0);
      await page.getByRole('button', { name: 'Show 1 hidden chart' }).click();
      await memory.waitFor();
      await canvas.hover({ position: { x: 100, y: 50 } });
      const box = await canvas.boundingBox();
      if (!box) expect.fail('no chart');
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.8, box.y + 50, { steps: 4 });
      await page.mouse.up();
      await page.getByRole('button', { name: 'Show all' }).click();
      expect(await page.getByRole('button', { name: 'Show all' }).isDisabled()).toBe(true);
    });
  });

  test('show what the encoder sees and where the reconstruction is wrong, epoch by epoch', async () => {
    await visit(async (page) => {
      await openRun(page, 'demo', 'Reconstructions');
      await page.getByRole('img', { name: 'Error by patch' }).waitFor();
      // 64 units, of which three quarters are dropped and a quarter of the others hidden.
      const counts = () => page.locator('.unit-table td:nth-child(2)').allInnerTexts();
      expect(await counts()).toEqual(['12', '4', '48']);
      const slider = page.getByRole('slider', { name: /^Epoch/ });
      expect(await slider.inputValue()).toBe('2');
      const meanError = '.mean-error';
      const error = () => textOf(page, meanError);
      const last = await error();
      await slider.focus();
      await page.keyboard.press('Home');
      await page.waitForFunction(
        ([place, before]) => document.querySelector(place)?.textContent !== before,
        [meanError, last] as const,
      );
      expect(await textOf(page, 'output')).toBe('1');
      const first = await error();
      await page.getByLabel('Image 3').check();
      expect(await error()).not.toBe(first);
      expect(await counts()).toEqual(['12', '4', '48']);
    });
  });

  test('show results, and names as they are, whatever they look like', async () => {
    await visit(async (page) => {
      await openRun(page, 'tuned', 'Results');
      await page.getByRole('heading', { name: 'Confusion', exact: true }).waitFor();
      expect(await textOf(page)).toContain('of 4 images of 2 classes are recognised');
      expect(await textOf(page)).toMatch(/95 % interval [\d.]+ % to [\d.]+ %, chance 50\.0 %/);
      expect(await textOf(page)).toContain(encodeName(hostileClass));
      const right = await page.locator('.confusion td.right').allInnerTexts();
      const mistakes = page.locator('.mistakes li');
      const recognised = right.reduce((sum, text) => sum + (Number.parseInt(text, 10) || 0), 0);
      expect(await mistakes.count()).toBe(4 - recognised);
      const scores = await page.locator('.class-scores td:nth-child(4)').allInnerTexts();
      const recalls = scores.map((text) => Number.parseFloat(text));
      expect(recalls.reduce((sum, recall) => sum + recall, 0)).toBeCloseTo(50 * recognised, 0);
      if (recognised < 4) {
        const picture = mistakes.first().locator('img');
        expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(64);
      }
      await page.getByText('Confusion matrix after every evaluation').click();
      await page.getByRole('img', { name: 'Confusion matrix after epoch 2' }).waitFor();
    });
    await visit(async (page) => {
      await openRun(page, hostile);
      await page.getByRole('heading', { name: hostile }).waitFor();
      await expect.poll(() => page.title()).toBe(`${hostile} · um-mae studio`);
      expect(await page.locator('main img').count()).toBe(0);
    });
  });

  test('show the classes of pixels with their scores, and the worst images under both maps', async () => {
    await visit(async (page) => {
      await openRun(page, 'segmented', 'Results');
      await page.getByRole('img', { name: /^Mean IoU\. / }).waitFor();
      expect(await textOf(page)).toMatch(/mean IoU over \d of 3 classes/);
      const classes = page.locator('.class-scores tbody th');
      expect(await classes.allInnerTexts()).toEqual([' ground', ' square', ' disc']);
      const shares = () => page.locator('.class-scores .number:nth-child(2)').allInnerTexts();
      await page.getByLabel('Worst first').check();
      const sorted = (await shares()).slice(1).map((share) => Number.parseFloat(share));
      expect(sorted).toEqual(sorted.toSorted((a, b) => a - b));
      expect(await page.locator('.class-colours li').count()).toBe(3);
      expect(await page.locator('.worst-images li').count()).toBe(3);
      const maps = page.locator('.worst-images .map');
      expect(await maps.count()).toBe(6);
      const width = (image: HTMLImageElement) => image.naturalWidth;
      expect(await maps.first().evaluate(width)).toBe(48);
      const opacity = () => maps.first().evaluate((map) => getComputedStyle(map).opacity);
      await page.getByRole('slider', { name: /^Opacity/ }).fill('25');
      await expect.poll(opacity).toBe('0.25');
      await page.getByText('Segmentation after every evaluation').click();
      await page.getByRole('img', { name: 'Segmentation after epoch 2' }).waitFor();
    });
  });

  test('show the recipe with its difference to another run, and the environment', async () => {
    await visit(async (page) => {
      await openRun(page, 'demo', 'Recipe');
      await page.getByText('recipe.yaml').waitFor();
      await page.getByLabel('The other run').selectOption('tuned');
      await page.getByRole('rowheader', { name: 'Backbone channels' }).waitFor();
      await page.getByRole('link', { name: 'Environment and files' }).click();
      await page.getByRole('rowheader', { name: 'um-mae version' }).waitFor();
      expect(await textOf(page)).toContain('every image could be read');
    });
  });

  test('fit a narrow screen', async () => {
    const fits = async (page: Page, sign: string) => {
      await page.locator(sign).first().waitFor();
      const [content = 0, screen = 0] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        document.documentElement.clientWidth,
      ]);
      expect(content, page.url()).toBeLessThanOrEqual(screen);
    };
    const narrow = { viewport: { width: 390, height: 800 } };
    await visit(async (page) => {
      await fits(page, 'td.name');
      await openRun(page, 'demo');
      await fits(page, '.chart');
      await page.getByRole('link', { name: 'Reconstructions' }).click();
      await fits(page, '.mask-figure');
      await page.getByRole('link', { name: 'Recipe' }).click();
      await fits(page, 'pre');
      await page.getByRole('link', { name: 'um-mae' }).click();
      await openRun(page, 'tuned', 'Results');
      await fits(page, '.confusion');
      await page.getByRole('link', { name: 'um-mae' }).click();
      await openRun(page, 'segmented', 'Results');
      await fits(page, '.worst-images');
      await page.getByRole('link', { name: 'um-mae' }).click();
      await page.getByLabel('Compare demo').check();
      await page.getByLabel('Compare tuned').check();
      await page.getByRole('button', { name: 'Compare 2' }).click();
      await fits(page, '.chart');
      // Names are whole words in one line.
      for (const name of await page.locator('td.name').all()) {
        const { height = 99 } = (await name.boundingBox()) ?? {};
        expect(height).toBeLessThan(40);
      }
    }, narrow);
  });

  test('fill by themselves while a training runs', async () => {
    const empty = at('empty');
    mkdirSync(empty);
    const other = await serveStudio({ folder: empty, host: '127.0.0.1', port: 0 });
    const { page, wrongs } = await openPage(browser, other.url);
    await page.getByRole('heading', { name: /^No runs in .*empty yet$/ }).waitFor();
    const data = ['--data', at('made/demo-scenes/train'), '--batch-size', '8', '--epochs', '2000'];
    const out = ['--out', join(empty, 'live'), '--set', 'logEvery=2'];
    const training = startUmMae('pretrain', ...tinyModel, ...data, ...out);
    try {
      await openRun(page, 'live');
      const steps = () => page.locator('progress').getAttribute('aria-label');
      await page.locator('.state-running').waitFor();
      const before = await steps();
      await page.waitForFunction(
        (label) => document.querySelector('progress')?.getAttribute('aria-label') !== label,
        before,
      );
      await page.getByRole('img', { name: /^Loss\. Latest: loss 0?\.?\d/ }).waitFor();
      training.child.kill('SIGTERM');
      expect((await training.outcome).code).toBe(143);
      await page.locator('.state-stopped').waitFor();
      expect(wrongs).toEqual([]);
    } finally {
      training.child.kill('SIGKILL');
      await page.context().close();
      await other.close();
    }
  });
});
