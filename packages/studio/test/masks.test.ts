/** The mask explorer in a real browser: in the studio, and as a file of its own. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Studio, serveStudio } from '../server/index.js';
import { browserPath, openBrowser, visitPage } from './testing/browser.js';
import { temporaryFolder } from './testing/run-directories.js';

const folder = temporaryFolder();
const file = join(folder, 'alone', 'masks.html');
const script = fileURLToPath(new URL('../../scripts/build-masks.mjs', import.meta.url));

let studio: Studio;
let browser: Browser;

beforeAll(async () => {
  if (browserPath === undefined) return;
  const runs = join(folder, 'runs');
  mkdirSync(runs);
  studio = await serveStudio({ folder: runs, host: '127.0.0.1', port: 0 });
  execFileSync(process.execPath, [script, file]);
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await studio?.close();
});

/** Opens the explorer, hands it over, and expects that nothing has gone wrong on it. */
async function visit(
  address: string,
  body: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const explore = async (page: Page) => {
    await page.getByRole('heading', { name: 'Masks', exact: true }).waitFor();
    await body(page);
  };
  await visitPage(browser, new URL(address, studio.url).href, explore, options);
}

/** Units that are visible, hidden and dropped, as the table tells. */
const counts = (page: Page) =>
  page.locator('.mask-numbers table').first().locator('td:nth-child(2)').allInnerTexts();

const imageLabel = (page: Page) => page.getByRole('img', { name: /^The image in / });
const tokensLabel = (page: Page) => page.getByRole('img', { name: /^What the encoder sees\./ });

/** All pixels of the picture of the image under its mask, in short. */
const drawn = (page: Page) =>
  imageLabel(page).evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());

/** Waits until the picture is another one. */
async function otherThan(page: Page, before: string): Promise<void> {
  await page.waitForFunction(
    (known) => document.querySelector<HTMLCanvasElement>('.mask-canvas')?.toDataURL() !== known,
    before,
  );
}

/** An image of one colour. */
function svg(width: number, height: number, colour: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${colour}"/></svg>`;
}

const choose = (page: Page, name: string, content: string | Buffer, mimeType = 'image/svg+xml') =>
  page
    .getByLabel('Choose an image')
    .setInputFiles({ name, mimeType, buffer: Buffer.from(content) });

/** Lets a file fall on the page, or pastes it, as the browser tells a page of it. */
const give = (page: Page, kind: 'drop' | 'paste', name: string, content: string) =>
  page.evaluate(
    ([kind, name, content]) => {
      const data = new DataTransfer();
      data.items.add(new File([content ?? ''], name ?? '', { type: 'image/svg+xml' }));
      const event =
        kind === 'drop'
          ? new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })
          : new ClipboardEvent('paste', { clipboardData: data, bubbles: true });
      document.body.dispatchEvent(event);
    },
    [kind, name, content],
  );

describe.skipIf(browserPath === undefined)('the mask explorer', () => {
  test('draws the masks of the paper, and tells what each leaves to an encoder', async () => {
    await visit('/masks', async (page) => {
      expect(await page.title()).toBe('Masks · um-mae studio');
      expect(await counts(page)).toEqual(['48', '16', '192']);
      await tokensLabel(page)
        .and(page.getByLabel(/Compact grid: 8 × 8 tokens/))
        .waitFor();
      await page.getByText('4 in every window.').waitFor();
      await page.getByLabel(/^Uniform one unit/).check();
      expect(await counts(page)).toEqual(['64', '0', '192']);
      await page.getByLabel(/^Random any/).check();
      await tokensLabel(page)
        .and(page.getByLabel(/A list of 64 tokens: no grid/))
        .waitFor();
      const work = page.locator('.mask-numbers table').last();
      expect(await work.getByRole('row').allInnerTexts()).toEqual(
        expect.arrayContaining([expect.stringMatching(/Pyramid.*256.*100\.0\s%/s)]),
      );
    });
  });

  test('keeps its settings in the address, where they can be shared', async () => {
    await visit('/masks', async (page) => {
      await page.getByLabel('Uniform: cell').selectOption('3x3');
      await page.getByLabel('Secondary: share of those hidden').fill('0.5');
      await page.getByRole('button', { name: 'Draw again' }).click();
      await page.waitForURL(/cell=3x3&secondary=0\.5&seed=2&units=18$/);
      expect(await counts(page)).toEqual(['18', '18', '288']);
      const before = await drawn(page);
      await page.reload();
      await imageLabel(page).waitFor();
      expect(await counts(page)).toEqual(['18', '18', '288']);
      expect(await drawn(page)).toBe(before);
      await page.getByRole('button', { name: 'Draw again' }).click();
      await otherThan(page, before);
    });
  });

  test('says what in an address cannot be meant, and shows the plain settings', async () => {
    await visit('/masks?ratio=7', async (page) => {
      await page.getByText('Expected a number of 0 to 0.95 for “ratio”').waitFor();
      expect(await counts(page)).toEqual(['48', '16', '192']);
      await page.getByLabel('Seed').fill('-3');
      await page
        .getByText(/^Expected a whole number of 0 to 4294967295 .* but got -3\.$/)
        .waitFor();
      await page.getByLabel('Seed').fill('3');
      await page.getByText('Or drop or paste one').waitFor();
      await page.waitForURL(/seed=3$/);
    });
  });

  test('moves the units together under the hand of the user, and follows a window', async () => {
    await visit('/masks', async (page) => {
      const image = () => tokensLabel(page).evaluate((c: HTMLCanvasElement) => c.toDataURL());
      const packed = await image();
      await page.getByRole('button', { name: 'Show full grid' }).click();
      await page.getByRole('button', { name: 'Show compact grid' }).waitFor();
      const way = page.getByRole('slider', { name: 'From the image to what' });
      const apart = await drawn(page);
      await expect.poll(image, { timeout: 10_000 }).toBe(apart);
      await way.fill('1');
      await page.getByRole('button', { name: 'Show full grid' }).waitFor();
      expect(await image()).toBe(packed);
      await tokensLabel(page).hover({ position: { x: 5, y: 5 } });
      await page.getByText('Window 1 of 16').waitFor();
      await page.getByRole('slider', { name: /^Window 1 of 16/ }).fill('15');
      await page.getByText('Window 16 of 16').waitFor();
    });
  });

  test('moves nothing by itself where the user wants no motion', async () => {
    await visit(
      '/masks',
      async (page) => {
        await page.getByRole('button', { name: 'Show full grid' }).click();
        const way = page.getByRole('slider', { name: 'From the image to what' });
        expect(await way.inputValue()).toBe('0');
      },
      { reducedMotion: 'reduce' },
    );
  });

  test('shows an image of the user, chosen, dropped or pasted, and goes back to its own', async () => {
    await visit('/masks', async (page) => {
      const first = await drawn(page);
      await choose(page, '<b>red.svg', svg(300, 200, 'red'));
      await page.getByText('The middle of <b>red.svg, 300 × 200.').waitFor();
      const red = await drawn(page);
      expect(red).not.toBe(first);
      await give(page, 'drop', 'blue.svg', svg(64, 64, 'blue'));
      await page.getByText('The middle of blue.svg, 64 × 64.').waitFor();
      await otherThan(page, red);
      await give(page, 'paste', 'red.svg', svg(300, 200, 'red'));
      await page.getByText('The middle of red.svg').waitFor();
      expect(await drawn(page)).toBe(red);
      await page.getByRole('button', { name: 'Use the default picture' }).click();
      expect(await drawn(page)).toBe(first);
    });
  });

  test('keeps the picture that it has when another cannot be shown', async () => {
    const cut = Buffer.from('iVBORw0KGgoAAAANSUhEUgAA', 'base64');
    await visit('/masks', async (page) => {
      const before = await drawn(page);
      for (const [name, content, sentence] of [
        ['notes.txt', 'no image', 'Expected an image that this browser reads but got “notes.txt”.'],
        ['cut.png', cut, 'Expected an image that this browser reads but got “cut.png”.'],
        ['empty.png', '', 'Expected an image but got an empty file: “empty.png”.'],
        ['dot.svg', svg(1, 1, 'red'), 'Expected an image of at least 32 × 32 pixels but got 1 × 1'],
        ['strip.svg', svg(4000, 40, 'red'), 'Expected an image at most 8 times as long as wide'],
        ['wall.svg', svg(20000, 20000, 'red'), 'Expected an image of at most 100 million pixels'],
      ] as const) {
        await choose(page, name, content);
        await page.getByText(sentence).waitFor();
        expect(await drawn(page)).toBe(before);
      }
      await page.getByRole('button', { name: 'Draw again' }).click();
      await page.getByText('Expected an image of at most').waitFor({ state: 'hidden' });
    });
  });

  test('is within reach of the keyboard, with a focus that is seen', async () => {
    await visit('/masks', async (page) => {
      const reached: string[] = [];
      for (let i = 0; i < 20; i++) {
        await page.keyboard.press('Tab');
        const { name, isSeen } = await page.evaluate(() => {
          const focused = document.activeElement;
          const shown = focused?.closest('.button') ?? focused;
          const label = focused instanceof HTMLInputElement && focused.labels?.[0]?.textContent;
          return {
            name: focused?.getAttribute('aria-label') ?? (label || focused?.textContent) ?? '',
            isSeen: shown !== null && getComputedStyle(shown).outlineStyle === 'solid',
          };
        });
        if (name !== '') expect(isSeen, name).toBe(true);
        reached.push(name);
        if (name === 'Draw again') break;
      }
      for (const name of ['Choose an image', 'Show full grid', 'Window 6', 'Random: share', 'Seed'])
        expect(reached.join('\n')).toContain(name);
      await page.getByRole('radio', { name: 'Uniform + secondary' }).focus();
      await page.keyboard.press('ArrowUp');
      expect(await counts(page)).toEqual(['64', '0', '192']);
    });
  });

  test.each([
    ['light', 1280, 'rgb(251, 251, 249)'],
    ['dark', 1280, 'rgb(20, 23, 26)'],
    ['light', 390, 'rgb(251, 251, 249)'],
    ['dark', 390, 'rgb(20, 23, 26)'],
  ] as const)(
    'fits a %s screen of %d pixels, and jumps nowhere',
    async (colorScheme, width, paper) => {
      const viewport = { width, height: 800 };
      await visit(
        '/masks',
        async (page) => {
          const measure = () =>
            page.evaluate(() => ({
              paper: getComputedStyle(document.body).backgroundColor,
              overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
              controls: document.querySelector<HTMLElement>('.mask-controls')?.offsetTop,
              windows: document.querySelector<HTMLElement>('.mask-batches')?.offsetTop,
            }));
          const plain = await measure();
          expect(plain).toMatchObject({ paper, overflow: 0 });
          for (const method of [/^Random any/, /^Uniform one/]) {
            await page.getByLabel(method).check();
            expect(await measure()).toEqual(plain);
          }
          await page.getByLabel('Uniform: cell').selectOption('1x2');
          await page.getByLabel('Units per side').fill('12');
          expect((await measure()).overflow).toBe(0);
        },
        { viewport, colorScheme },
      );
    },
  );

  test('works as one file without a server', async () => {
    const address = pathToFileURL(file).href;
    await visit(`${address}#method=uniform&cell=4x4`, async (page) => {
      expect(await counts(page)).toEqual(['16', '0', '240']);
      await page.getByLabel('Uniform: cell').selectOption('2x2');
      await page.waitForURL(/#method=uniform$/);
      await choose(page, 'red.svg', svg(100, 100, 'red'));
      await page.getByText('The middle of red.svg').waitFor();
      await page.getByRole('button', { name: 'Use dark colours' }).click();
      await page.evaluate(() => {
        location.hash = 'method=random';
      });
      await tokensLabel(page)
        .and(page.getByLabel(/A list of 64 tokens/))
        .waitFor();
      expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(
        'rgb(20, 23, 26)',
      );
    });
  });
});
