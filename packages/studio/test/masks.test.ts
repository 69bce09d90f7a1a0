/** The mask explorer in a real browser: in the studio, and as a file by itself. */
import { createHash } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Generator } from '@um-mae/torch';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { drawMask as drawMaskOfTensors } from 'um-mae';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Studio, serveStudio } from '../server/index.js';
import { drawMask } from '../web/masks/mask.js';
import { browserPath, openBrowser, openPage } from './testing/browser.js';
import { temporaryFolder } from './testing/run-directories.js';

const folder = temporaryFolder();
const alone = fileURLToPath(new URL('../../build/masks.html', import.meta.url));

let studio: Studio;
let browser: Browser;

beforeAll(async () => {
  if (browserPath === undefined) return;
  browser = await openBrowser();
  studio = await serveStudio({ folder, host: '127.0.0.1', port: 0 });
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await studio?.close();
});

async function visit(
  address: string,
  body: (page: Page) => Promise<void>,
  options: Parameters<typeof openPage>[2] = {},
): Promise<void> {
  const opened = await openPage(browser, new URL(address, studio.url).href, options);
  try {
    await body(opened.page);
    expect(opened.wrongs).toEqual([]);
  } finally {
    await opened.page.context().close();
  }
}

/** Of a machine that has other work. */
const patient = { timeout: 15_000 };

const figure = (page: Page, name: RegExp) => page.getByRole('img', { name });

/** What a canvas shows, as one short text. */
async function pixels(page: Page, name: RegExp): Promise<string> {
  const address = await figure(page, name).evaluate((canvas) =>
    canvas instanceof HTMLCanvasElement ? canvas.toDataURL() : '',
  );
  return createHash('sha256').update(address).digest('hex');
}

describe('masks in the browser', () => {
  test.each([
    { cell: [2, 2], hidden: 0.25 },
    { cell: [1, 2], hidden: 0.3 },
    { cell: [3, 3], hidden: 0.9 },
    { cell: [4, 4], hidden: 0 },
  ] as const)('keep and hide as many units as those of trainings: %j', ({ cell, hidden }) => {
    const grid = { rows: 12, columns: 12 };
    const mask = drawMaskOfTensors(
      { kind: 'uniform', cell, secondaryRatio: hidden, corners: 'independent' },
      { batch: 1, grid, generator: new Generator(0) },
    );
    const states = drawMask({ kind: 'uniform', cell, hidden }, grid, (count) => count - 1);
    const count = (state: string) => states.filter((other) => other === state).length;
    expect(count('hidden')).toBe(mask.hidden.sum().number());
    expect(144 - count('dropped')).toBe(mask.visible.sum().number());
  });

  test.each([0.05, 0.6, 0.75])('drop as many units at random as trainings: %d', (ratio) => {
    const grid = { rows: 9, columns: 7 };
    const mask = drawMaskOfTensors(
      { kind: 'random', ratio, secondaryRatio: 0 },
      { batch: 1, grid, generator: new Generator(0) },
    );
    const states = drawMask({ kind: 'random', ratio }, grid, () => 0);
    expect(states.filter((state) => state === 'visible')).toHaveLength(mask.visible.sum().number());
  });
});

describe.skipIf(browserPath === undefined)('the mask explorer', () => {
  test('shows equal windows for uniform masks, and unequal ones for random masks', async () => {
    await visit('/', async (page) => {
      await page.getByRole('link', { name: 'Masks', exact: true }).click();
      await figure(page, /^Kept patches in each of 16 windows: from 4 to 4$/).waitFor();
      await page.getByText('64 of 256 (25 %)').waitFor();
      await page.getByText('208 of 256 (81 %)').waitFor();
      await page.getByRole('radio', { name: 'Random', exact: true }).check();
      await figure(page, /^What the encoder gets: a set of 64 patches$/).waitFor();
      await page.getByText(/^Patches in every window\. From \d+ to \d+/).waitFor();
      await page.getByLabel('Dropped').fill('0.5');
      await figure(page, /128 of 256 patches are kept/).waitFor();
      expect(page.url()).toContain('method=random');
      await page.reload();
      await figure(page, /128 of 256 patches are kept/).waitFor();
    });
  });

  test('follows cells, grids and shares, and offers only cells that tile', async () => {
    await visit('/masks', async (page) => {
      await page.getByRole('combobox', { name: 'Patches' }).selectOption('12');
      await page.getByLabel('Cell').selectOption('3x3');
      await figure(page, /^What the encoder gets: a grid of 4 x 4 patches$/).waitFor();
      await page.getByLabel('Hidden').fill('0.5');
      await page.getByText('Of these, 8 are hidden again').waitFor();
      await page.getByRole('combobox', { name: 'Patches' }).selectOption('16');
      await figure(page, /^What the encoder gets: a grid of 8 x 8 patches$/).waitFor();
      const option = page.getByLabel('Cell').locator('option', { hasText: '3x3' });
      expect(await option.isDisabled()).toBe(true);
      const before = await pixels(page, /^The image under its mask/);
      await page.getByRole('button', { name: 'Draw again' }).click();
      await page.waitForURL(/seed=2/);
      await expect.poll(() => pixels(page, /^The image under its mask/), patient).not.toBe(before);
    });
  });

  test('moves patches from the image to the encoder, at once where motion is unwanted', async () => {
    for (const reducedMotion of ['no-preference', 'reduce'] as const) {
      await visit(
        '/masks',
        async (page) => {
          const slider = page.getByLabel('Pull together');
          const end = await pixels(page, /^What the encoder gets/);
          await slider.fill('0');
          await expect.poll(() => pixels(page, /^What the encoder gets/), patient).not.toBe(end);
          await page.getByRole('button', { name: 'Play' }).click();
          await expect.poll(() => slider.inputValue(), patient).toBe('1');
          await expect.poll(() => pixels(page, /^What the encoder gets/), patient).toBe(end);
        },
        { reducedMotion },
      );
    }
  });

  test('takes an image of the user, and keeps the one before where it cannot', async () => {
    const image = { width: 300, height: 200, channels: 3, background: '#3050c0' } as const;
    const blue = await sharp({ create: image }).jpeg().toBuffer();
    await visit('/masks', async (page) => {
      const drawn = await pixels(page, /^The image under its mask/);
      const choose = page.getByLabel('Your image');
      await choose.setInputFiles({ name: 'blue.jpg', mimeType: 'image/jpeg', buffer: blue });
      await expect.poll(() => pixels(page, /^The image under its mask/), patient).not.toBe(drawn);
      const own = await pixels(page, /^The image under its mask/);
      const text = { name: '<b>.txt', mimeType: 'text/plain', buffer: Buffer.from('not one') };
      await choose.setInputFiles(text);
      await page
        .getByText('Expected an image that this browser reads but got text/plain.')
        .waitFor();
      expect(await pixels(page, /^The image under its mask/)).toBe(own);
      await choose.setInputFiles({ ...text, buffer: Buffer.alloc(0), mimeType: 'image/png' });
      await page
        .getByText('Expected an image that this browser reads but got image/png.')
        .waitFor();
      const thin = await sharp({ create: { ...image, width: 4000, height: 1 } })
        .png()
        .toBuffer();
      await choose.setInputFiles({ name: 'thin.png', mimeType: 'image/png', buffer: thin });
      await page.getByText('Drop or paste an image').waitFor();
    });
  });

  test('takes an image that is dropped, or pasted', async () => {
    const image = { width: 64, height: 64, channels: 3 } as const;
    for (const [kind, background] of [
      ['drop', '#a03020'],
      ['paste', '#20a030'],
    ] as const) {
      const png = await sharp({ create: { ...image, background } })
        .png()
        .toBuffer();
      await visit('/masks', async (page) => {
        const drawn = await pixels(page, /^The image under its mask/);
        await page.evaluate(
          ([name, bytes]) => {
            const given = new DataTransfer();
            given.items.add(new File([Uint8Array.from(bytes)], 'x.png', { type: 'image/png' }));
            const options = { dataTransfer: given, clipboardData: given, cancelable: true };
            dispatchEvent(
              name === 'drop' ? new DragEvent(name, options) : new ClipboardEvent(name, options),
            );
          },
          [kind, [...png]] as const,
        );
        await expect.poll(() => pixels(page, /^The image under its mask/), patient).not.toBe(drawn);
      });
    }
  });

  test('opens as a file without a server', async () => {
    const copy = join(folder, 'masks.html');
    copyFileSync(alone, copy);
    const { page, wrongs } = await openPage(browser, pathToFileURL(copy).href);
    await figure(page, /^What the encoder gets: a grid of 8 x 8 patches$/).waitFor();
    await page.getByLabel('Cell').selectOption('4x4');
    await figure(page, /^What the encoder gets: a grid of 4 x 4 patches$/).waitFor();
    await page.reload();
    await figure(page, /^What the encoder gets: a grid of 4 x 4 patches$/).waitFor();
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  test('fits a narrow screen, dark and light', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await visit(
        '/masks',
        async (page) => {
          await figure(page, /^Kept patches/).waitFor();
          const [content = 0, screen = 0] = await page.evaluate(() => [
            document.documentElement.scrollWidth,
            document.documentElement.clientWidth,
          ]);
          expect(content).toBeLessThanOrEqual(screen);
        },
        { viewport: { width: 390, height: 800 }, colorScheme },
      );
    }
  });
});
