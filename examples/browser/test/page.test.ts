/** The page in a real browser, with models that the real command line has trained and exported. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  browserPath,
  openBrowser,
  openPage,
  visitPage,
} from '../../../packages/studio/dist/test/testing/browser.js';
import { temporaryFolder } from '../../../packages/studio/dist/test/testing/run-directories.js';
import { serve } from './testing/example-server.js';
import { withMetadata } from './testing/onnx-metadata.js';
import { choose, classesOnPage, expectSame, hand, modelText } from './testing/page-actions.js';
import { claimSize, writePicture, writePictures } from './testing/pictures.js';
import {
  predictions,
  succeed,
  trainClassifier,
  trainDetector,
  trainSegmentor,
} from './testing/trained-models.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
/** Names of classes that a page must show as they are. */
const hostile = '"><img src=x onerror=alert(1)>';

let browser: Browser;
let server: ChildProcess;
let address: string;

beforeAll(async () => {
  if (browserPath === undefined) return;
  await trainClassifier(folder, ['plain', hostile, 'a name that is much longer than a line']);
  browser = await openBrowser();
  ({ server, address } = await serve(at('classes.onnx')));
}, 120_000);

afterAll(async () => {
  await browser?.close();
  server?.kill();
});

interface VisitOptions extends BrowserContextOptions {
  /** The query after the address. Default: the classifier that the server has. */
  readonly query?: string;
  readonly browser?: Browser;
  /** The address of another server. */
  readonly address?: string;
}

/** Opens the page, hands it over, and expects that nothing has gone wrong on it. */
async function visit(
  body: (page: Page) => Promise<void>,
  {
    address: server = address,
    query = new URL(server).search,
    browser: other = browser,
    ...options
  }: VisitOptions = {},
): Promise<void> {
  await visitPage(other, new URL(`/${query}`, server).href, body, options);
}

function write(name: string, bytes: Uint8Array): string {
  writeFileSync(at(name), bytes);
  return at(name);
}

const withBrowser = describe.skipIf(browserPath === undefined);

withBrowser('a classifier', () => {
  test('tells the classes that um-mae predict tells', async () => {
    const pictures = [
      writePicture(at('small.png'), { width: 20, height: 31, seed: 1 }),
      writePicture(at('wide.png'), { width: 640, height: 90, seed: 2 }),
      writePicture(at('transparent.webp'), { width: 70, height: 80, seed: 3, alpha: true }),
      writePicture(at('turned.jpg'), { width: 120, height: 60, seed: 4, orientation: 6 }),
      writePicture(at('large.jpg'), { width: 1500, height: 1100, seed: 5 }),
    ];
    const files = await Promise.all(pictures);
    const expected = await predictions(at('run'), files);
    await visit(async (page) => {
      await choose(page, 'Choose images', files);
      const shown = await classesOnPage(page, files.length);
      expect([...shown.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [file, classes] of expected) expectSame(shown.get(file), classes);
    });
  }, 60_000);

  test('takes what is dropped and pasted', async () => {
    const [dropped, pasted] = await writePictures(at('handed'), { count: 2, seed: 50 });
    const expected = await predictions(at('run'), [dropped ?? '', pasted ?? '']);
    await visit(async (page) => {
      await hand(page, 'drop', [dropped ?? '']);
      await hand(page, 'paste', [pasted ?? '']);
      const shown = await classesOnPage(page, 2);
      // The newest is on top.
      expect([...shown.keys()]).toEqual(['51.png', '50.png']);
      for (const [file, classes] of expected) expectSame(shown.get(file), classes);
    });
  });

  test('runs on one thread where the server does not send the two headers', async () => {
    const [file = ''] = await writePictures(at('handed'), { count: 1, seed: 50 });
    const expected = await predictions(at('run'), [file]);
    await visit(async (page) => {
      await page.route('**', async (route) => {
        const response = await route.fetch();
        const { 'cross-origin-embedder-policy': _, ...headers } = response.headers();
        await route.fulfill({ response, headers });
      });
      await page.reload();
      await modelText(page, 'runs on WebAssembly, 1 thread (more need two headers of the server)');
      await choose(page, 'Choose images', [file]);
      expectSame((await classesOnPage(page, 1)).get('50.png'), expected.get('50.png') ?? []);
    });
  });

  test('computes the same with WebGPU', async () => {
    const [file = ''] = await writePictures(at('handed'), { count: 1, seed: 50 });
    const expected = await predictions(at('run'), [file]);
    // A graphics processor in software.
    const args = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
    const other = await openBrowser(args);
    await visit(
      async (page) => {
        await modelText(page, 'runs on WebGPU');
        await choose(page, 'Choose images', [file]);
        expectSame((await classesOnPage(page, 1)).get('50.png'), expected.get('50.png') ?? []);
      },
      { query: '?runtime=webgpu&model=model/classes.onnx', browser: other },
    );
    await other.close();
  });

  test('can be used by keys alone, and fits a narrow screen', async () => {
    const [file = ''] = await writePictures(at('handed'), { count: 1, seed: 50 });
    await visit(
      async (page) => {
        await modelText(page, 'Classifier of 3 classes · images of 32 × 32 pixels');
        await choose(page, 'Choose images', [file]);
        await classesOnPage(page, 1);
        const reached: string[] = [];
        for (let stop = 0; stop < 4; stop++) {
          await page.keyboard.press('Tab');
          reached.push((await page.locator(':focus').textContent()) ?? '');
        }
        const buttons = ['Choose another model', 'Choose images', 'Remove all'];
        expect(reached).toEqual(['Skip to the page', ...buttons]);
        await page.keyboard.press('Enter');
        await expect.poll(() => page.locator('.classification').count()).toBe(0);
        const widths = await page.evaluate(() => [
          document.documentElement.scrollWidth,
          document.documentElement.clientWidth,
        ]);
        expect(widths[0]).toBe(widths[1]);
      },
      { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
    );
  });
});

withBrowser('a backbone', () => {
  test('finds the images that um-mae similar finds, among those that a classifier saw', async () => {
    const files = await writePictures(at('index'), { count: 9, seed: 70 });
    await succeed('embed', at('run'), at('index'), '--out', at('index.npy'));
    const found = await succeed(
      'similar',
      at('run'),
      files[4] ?? '',
      '--index',
      at('index.npy'),
      '--json',
    );
    const { neighbours: expected } = JSON.parse(found);
    expect(expected).toHaveLength(files.length - 1);
    await visit(async (page) => {
      await choose(page, 'Choose images', files);
      await classesOnPage(page, files.length);
      await choose(page, 'Choose another model', at('features.onnx'));
      await modelText(page, 'Backbone · images of 32 × 32 pixels');
      await page
        .locator('.tiles img')
        .nth(files.length - 1)
        .waitFor();
      await page.locator('.tiles').getByTitle('74.png').click();
      await page.getByRole('heading', { name: 'Most like 74.png' }).waitFor();
      const neighbours = (await page.locator('.neighbours li').all()).map(async (line) => ({
        name: await line.locator('.picture-name').textContent(),
        similarity: Number((await line.locator('.number').textContent())?.replace('−', '-')),
      }));
      const shown = await Promise.all(neighbours);
      expect(shown.map(({ name }) => name)).toEqual(
        expected.map(({ path }: { path: string }) => basename(path)),
      );
      for (const [rank, { similarity }] of shown.entries()) {
        // Three digits are shown.
        expect(Math.abs(similarity - expected[rank].similarity)).toBeLessThan(0.6e-3);
      }
    });
  });
});

withBrowser('a segmentor', () => {
  beforeAll(async () => {
    if (browserPath !== undefined) await trainSegmentor(folder);
  }, 120_000);

  /** Reads the classes of the first image in the legend, with their shares in per cent. */
  const legend = async (page: Page) => {
    const lines = await page.locator('.segmentation .legend').first().locator('li').all();
    return Promise.all(
      lines.map(async (line) => [
        await line.locator('.class-name').textContent(),
        Number((await line.locator('.number').textContent())?.replace(/[^\d.]/g, '')),
      ]),
    );
  };

  test('colours the pixels that um-mae predict gives to classes, with a legend', async () => {
    const file = at('segments/images/val/0.png');
    const [line = ''] = (await succeed('predict', at('road'), file, '--json')).split('\n');
    const expected = JSON.parse(line).classes.map(
      ({ name, share }: { name: string; share: number }) => [name, 100 * share],
    );
    await visit(async (page) => {
      await choose(page, 'Choose another model', at('any.onnx'));
      await modelText(page, 'Segmentor of 2 classes · images of any size');
      await hand(page, 'drop', [file]);
      await page.locator('.segmentation .mask').waitFor();
      const shown = await legend(page);
      expect(shown.map(([name]) => name)).toEqual(expected.map(([name]: [string]) => name));
      for (const [place, [, share]] of shown.entries())
        expect(Math.abs(Number(share) - expected[place][1])).toBeLessThan(0.1);
      await page.getByRole('slider', { name: 'Opacity' }).fill('0.25');
      const opacity = page.locator('.segmentation .mask').evaluate((mask) => {
        return getComputedStyle(mask).opacity;
      });
      expect(await opacity).toBe('0.25');
    });
  });

  test('colours what a camera sees until it is stopped', async () => {
    const camera = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
    const other = await openBrowser(['--disable-gpu', ...camera]);
    await visit(
      async (page) => {
        await choose(page, 'Choose another model', at('road.onnx'));
        await modelText(page, 'Segmentor of 2 classes · images of 32 × 32 pixels');
        await page.getByRole('button', { name: 'Use the camera' }).click();
        const mask = page.locator('.camera .mask');
        await mask.waitFor();
        const first = await mask.getAttribute('src');
        await expect.poll(() => mask.getAttribute('src')).not.toBe(first);
        expect((await legend(page)).length).toBeGreaterThan(0);
        await page.getByRole('button', { name: 'Stop the camera' }).click();
        await expect.poll(() => page.locator('.camera').count()).toBe(0);
      },
      { browser: other },
    );
    await other.close();
  });

  test('tells where there is no camera', async () => {
    await visit(async (page) => {
      await choose(page, 'Choose another model', at('road.onnx'));
      await page.getByRole('button', { name: 'Use the camera' }).click();
      await page.getByText('Expected a camera but this browser gave none:').waitFor();
    });
  });
});

withBrowser('a detector', () => {
  const parts = ['', '.boxes', '.boxes2', '.boxes3', '.masks'];
  const files = parts.map((part) => at(`cells${part}.onnx`));
  const image = at('drawn/images/val/0.png');

  beforeAll(() => trainDetector(folder), 120_000);

  test('of five files draws what um-mae predict finds, from a score on', async () => {
    const { objects } = JSON.parse(await succeed('predict', at('cells'), image, '--json'));
    const scores = objects.map(({ score }: { score: number }) => score);
    const middle = Math.round(50 * (Math.max(...scores) + Math.min(...scores))) / 100;
    const expected = scores.filter((score: number) => score >= middle).length;
    await visit(async (page) => {
      await choose(page, 'Choose another model', files);
      await modelText(page, 'Detector of 2 classes · images of 64 × 64 pixels');
      await choose(page, 'Choose images', [image]);
      await page.locator('.segmentation canvas').waitFor();
      await page.getByRole('slider', { name: /^Scores from/ }).fill(`${middle}`);
      const shown = async () => {
        const counts = await page.locator('.legend .number').allInnerTexts();
        return counts.reduce((sum, count) => sum + Number(count), 0);
      };
      await expect.poll(shown).toBe(expected);
      const painted = await page.locator('.segmentation canvas').evaluate((canvas) => {
        const { width, height } = canvas as HTMLCanvasElement;
        const context = (canvas as HTMLCanvasElement).getContext('2d');
        return context?.getImageData(0, 0, width, height).data.some((level) => level > 0);
      });
      expect(painted).toBe(expected > 0);
      const [layer, below] = ['canvas', 'img'].map((kind) => page.locator(`.view ${kind}`));
      expect(await layer?.boundingBox()).toEqual(await below?.boundingBox());
    });
  });

  test('is refused without its other files', async () => {
    await visit(async (page) => {
      await choose(page, 'Choose another model', at('cells.onnx'));
      const sentence = 'Expected cells.boxes.onnx together with cells.onnx but got no such file';
      await page.getByText(sentence).waitFor();
      await modelText(page, 'Classifier of 3 classes');
    });
  });

  test('that the address names has its other files beside it', async () => {
    const other = await serve(at('cells.onnx'));
    const missing = at('cells.masks.onnx');
    try {
      const { address } = other;
      await visit(
        async (page) => {
          await modelText(page, 'Detector of 2 classes · images of 64 × 64 pixels');
          await choose(page, 'Choose images', [image]);
          await page.locator('.segmentation canvas').waitFor();
        },
        { address },
      );
      renameSync(missing, `${missing}.away`);
      const { page } = await openPage(browser, address);
      await page
        .getByText('Expected cells.masks.onnx beside cells.onnx but got answer 404.')
        .waitFor();
      await page.context().close();
    } finally {
      if (existsSync(`${missing}.away`)) renameSync(`${missing}.away`, missing);
      other.server.kill();
    }
  });
});

withBrowser('a file that cannot be used', () => {
  test('leaves the model as it is', async () => {
    const model = readFileSync(at('classes.onnx'));
    const files = [
      [write('photo.onnx', Buffer.from('not a model')), 'photo.onnx, which is no ONNX.'],
      [write('empty.onnx', Buffer.alloc(0)), 'empty.onnx, which is empty.'],
      [write('cut.onnx', model.subarray(0, 1e5)), 'cut.onnx, which is cut off or damaged'],
      [write('other.onnx', withMetadata(model, {})), 'with no `kind` in its metadata.'],
    ] as const;
    await visit(async (page) => {
      await modelText(page, 'Classifier of 3 classes');
      for (const [file, sentence] of files) {
        await choose(page, 'Choose another model', file);
        await page.getByText(sentence).waitFor();
        await modelText(page, 'Classifier of 3 classes');
        await page.getByRole('button', { name: 'Dismiss' }).click();
        expect(await page.locator('.notices').textContent()).toBe('');
      }
    });
  });

  test('is named, and the other images keep their classes', async () => {
    const [good = ''] = await writePictures(at('handed'), { count: 1, seed: 50 });
    const files = [
      write('notes.txt', Buffer.from('not an image')),
      write(`${hostile.replaceAll('/', '')}.png`, Buffer.from('neither')),
      write('cut.png', readFileSync(good).subarray(0, 40)),
      write('huge.png', claimSize(readFileSync(good), 60_000)),
      write('empty.jpg', Buffer.alloc(0)),
    ];
    await visit(async (page) => {
      await modelText(page, 'Classifier of 3 classes');
      await choose(page, 'Choose images', [good, ...files]);
      await page.getByText('And 2 more.').waitFor();
      const [first] = await page.locator('.notices li').allTextContents();
      const sentence = 'Expected an image but got notes.txt, which this browser cannot decode.';
      expect(first).toBe(sentence);
      expect((await classesOnPage(page, 1)).size).toBe(1);
    });
  });

  test.each([
    ['model/none.onnx', 'Expected a model at model/none.onnx but got answer 404.'],
    ['https://example.com/a.onnx', 'Expected a model on this server for `?model=` but got'],
  ])('is shown when the address names %s', async (link, sentence) => {
    await visit((page) => page.getByText(sentence).waitFor(), {
      query: `?model=${encodeURIComponent(link)}`,
    });
  });
});
