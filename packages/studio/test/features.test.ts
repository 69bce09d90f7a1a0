/** Features of runs in a real browser, and what the server gives of them. */
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Studio, serveStudio } from '../server/index.js';
import { browserPath, openBrowser, visitPage } from './testing/browser.js';
import { temporaryFolder, writeRun } from './testing/run-directories.js';
import { openRun } from './testing/run-pages.js';
import { tinyModel, umMae } from './testing/um-mae.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const program = fileURLToPath(import.meta.resolve('um-mae')).replace(
  /dist\/index\.js$/,
  'bin/um-mae.js',
);
/** A class that a page must show as it is. */
const hostile = '<img src=x onerror=alert(1)>';

let studio: Studio;
let browser: Browser;

beforeAll(async () => {
  const demo = ['demo', '--out', at('made/demo'), '--per-class', '2', '--epochs', '1'];
  expect(await umMae(...demo)).toMatchObject({ code: 0 });
  const val = at('made/demo-scenes/val');
  renameSync(join(val, 'disc-inside-frame'), join(val, hostile));
  const pretrain = ['pretrain', '--data', at('made/demo-scenes/train'), ...tinyModel];
  const steps = ['--batch-size', '8', '--steps', '1', '--out', at('runs/plain')];
  expect(await umMae(...pretrain, ...steps)).toMatchObject({ code: 0 });
  expect(await umMae('embed', at('runs/plain'), val)).toMatchObject({ code: 0 });
  writeRun(at('runs/without'));
  writeRun(at('runs/damaged'));
  mkdirSync(at('runs/damaged/features'));
  writeFileSync(at('runs/damaged/features/broken.safetensors'), 'not one');
  symlinkSync('/etc/passwd', at('runs/damaged/features/link.safetensors'));
  const place = { folder: at('runs'), host: '127.0.0.1', port: 0 };
  studio = await serveStudio({ ...place, program, command: 'npx um-mae' });
  if (browserPath !== undefined) browser = await openBrowser();
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await studio?.close();
});

async function runId(name: string): Promise<string> {
  const { runs } = await (await fetch(new URL('/api/runs', studio.url))).json();
  return runs.find((run: { name: string }) => run.name === name).id;
}

/** An image of the set, which the encoder has seen. */
function someImage(): string {
  const place = join(at('made/demo-scenes/val'), 'disc-above-square');
  return join(place, readdirSync(place)[0] ?? '');
}

/** The header of a file of features, and where its numbers begin. */
function layoutOf(bytes: Buffer) {
  const start = 8 + Number(bytes.readBigUInt64LE());
  return { header: JSON.parse(bytes.toString('utf8', 8, start)), start };
}

/** Features of 24 images without classes, two components of which have 98 % of the variance. */
async function writeCollapsed(features: string): Promise<void> {
  const place = new URL('features/feature-file/gallery.js', import.meta.resolve('um-mae')).href;
  const { writeGallery } = await import(place);
  const whole = readFileSync(at('runs/plain/features/val.safetensors'));
  const { header } = layoutOf(whole);
  const images = Array.from({ length: 24 }, (_, i) => `${i}.png`);
  const numbers = (columns: number) =>
    Float32Array.from({ length: images.length * columns }, (_, i) => Math.sin(i * i));
  const origin = JSON.parse(header.__metadata__.origin);
  const table = { origin, paths: images, labels: images.map(() => null) };
  const rows = { count: images.length, channels: 64, pieces: () => [numbers(64)] };
  const picture = await sharp(someImage()).jpeg().toBuffer();
  const pictures = images.map(() => picture);
  const parts = { values: numbers(2), components: 2, explained: [0.91, 0.07], pictures };
  mkdirSync(features);
  writeGallery(join(features, 'val.safetensors'), table, { rows, parts });
}

describe('the server', () => {
  test('gives features, components and pictures of a file, and nothing else', async () => {
    const base = `/api/runs/${await runId('plain')}/features`;
    const get = (path: string, init?: RequestInit) => fetch(new URL(base + path, studio.url), init);
    const map = await (await get('/val.safetensors')).json();
    expect(map).toMatchObject({ channels: 240, components: 50, stages: [0, 1, 2, 3] });
    expect(map.classes).toContain(hostile);
    expect(map.labels).toHaveLength(map.paths.length);
    const components = await (await get('/val.safetensors/components')).arrayBuffer();
    expect(components.byteLength).toBe(4 * 50 * map.paths.length);
    const picture = await get('/val.safetensors/pictures/3');
    expect(picture.headers.get('content-type')).toBe('image/jpeg');
    const { width } = await sharp(Buffer.from(await picture.arrayBuffer())).metadata();
    expect(width).toBe(64);
    for (const wrong of [
      ...['/none.safetensors', '/..%2Frecipe.yaml', '/%2e%2e%2fmetrics.jsonl', '/.'],
      ...['/val.safetensors/pictures/9999', '/val.safetensors/pictures/-1'],
      ...[
        '/val.safetensors/pictures/x',
        '/val.safetensors/similar/9999',
        '/val.safetensors/similar/0.5',
      ],
    ])
      expect((await get(wrong)).status, wrong).toBe(404);
  });

  test('says in a sentence what is damaged, and follows no link out of the folder', async () => {
    const base = `/api/runs/${await runId('damaged')}/features`;
    const get = (path: string) => fetch(new URL(base + path, studio.url));
    const broken = await get('/broken.safetensors');
    expect([broken.status, await broken.text()]).toEqual([
      422,
      'Expected features in features/broken.safetensors but it is damaged.',
    ]);
    expect((await get('/link.safetensors')).status).toBe(404);
    // One byte of the features, and one of the components.
    const whole = readFileSync(at('runs/plain/features/val.safetensors'));
    const { header, start } = layoutOf(whole);
    for (const [name, path] of [
      ['features', 'similar/0'],
      ['components', 'components'],
    ] as const) {
      const place = start + header[name].data_offsets[0];
      const bytes = Buffer.from(whole);
      bytes[place] = (bytes[place] ?? 0) ^ 1;
      writeFileSync(at('runs/damaged/features/flipped.safetensors'), bytes);
      const flipped = await get(`/flipped.safetensors/${path}`);
      expect([flipped.status, await flipped.text()]).toEqual([
        422,
        `Expected ${name} in features/flipped.safetensors but they are damaged, of another checksum.`,
      ]);
    }
  });

  test('finds the images that um-mae similar finds, for one of the set and for another', async () => {
    const id = await runId('plain');
    const base = new URL(`/api/runs/${id}/features/val.safetensors`, studio.url).href;
    const { paths } = await (await fetch(base)).json();
    const own = paths.indexOf(someImage());
    const { similar } = await (await fetch(`${base}/similar/${own}`)).json();
    expect(similar).toHaveLength(Math.min(12, paths.length - 1));
    const body = await sharp(someImage()).png().toBuffer();
    const posted = await fetch(`${base}/similar`, { method: 'POST', body: new Uint8Array(body) });
    const answer = await posted.json();
    // The image itself comes first; of the others, both say the same.
    expect(answer.similar[0].image).toBe(own);
    for (const [i, { image, similarity }] of answer.similar.slice(1).entries()) {
      expect(similar[i].image).toBe(image);
      expect(similar[i].similarity).toBeCloseTo(similarity, 4);
    }
  }, 60_000);

  test('refuses what is no image, what is too large, and other pages', async () => {
    const maps = new URL(`/api/runs/${await runId('plain')}/maps`, studio.url);
    const post = (body: Uint8Array<ArrayBuffer>, headers = {}) =>
      fetch(maps, { method: 'POST', body, headers });
    const text = await post(new TextEncoder().encode('no image'));
    expect([text.status, await text.text()]).toEqual([
      422,
      'Expected an image at this file but it is not an image of a known format.',
    ]);
    expect((await post(new Uint8Array(2 ** 25 + 1))).status).toBe(422);
    expect((await post(new Uint8Array(8), { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
    // Of many at once, some are refused; whoever goes is forgotten.
    const gone = new AbortController();
    const many = Array.from({ length: 8 }, () =>
      fetch(maps, { method: 'POST', body: new Uint8Array(8), signal: gone.signal }),
    );
    const refused = await Promise.any(many);
    expect(await refused.text()).toMatch(/^Expected at most 4 images at once/);
    gone.abort();
    await Promise.allSettled(many);
    const after = await expect.poll(() => post(new Uint8Array(8)).then((it) => it.text()));
    await after.toMatch(/^Expected an image/);
  }, 60_000);
});

describe.skipIf(browserPath === undefined)('the features page', () => {
  async function visit(
    run: string,
    body: (page: Page) => Promise<void>,
    options: BrowserContextOptions = {},
  ): Promise<void> {
    const goThere = async (page: Page) => {
      await openRun(page, run, 'Features');
      await body(page);
    };
    await visitPage(browser, studio.url, goThere, options);
  }

  const scatter = (page: Page) => page.getByRole('img', { name: /images by their features/ });

  test('shows images by their components, their classes, and those most like one', async () => {
    await visit('plain', async (page) => {
      await scatter(page).waitFor();
      await page.getByText('the two largest components have').waitFor();
      await page.getByRole('button', { name: hostile }).click();
      expect(await page.getByRole('button', { name: hostile }).getAttribute('aria-pressed')).toBe(
        'true',
      );
      await scatter(page).focus();
      await page.keyboard.press('ArrowRight');
      const neighbours = page.locator('.features .neighbours li');
      await neighbours.nth(6).waitFor();
      const before = await page.locator('.chosen').textContent();
      await neighbours.first().getByRole('button').click();
      await expect.poll(() => page.locator('.chosen').textContent()).not.toBe(before);
      const picture = page.locator('.chosen img');
      await expect
        .poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth))
        .toBe(64);
      await scatter(page).hover({ position: await somePoint(page) });
      const hovered = page.locator('.scatter-plane img.hovered');
      await expect
        .poll(() => hovered.evaluate((image: HTMLImageElement) => image.naturalWidth))
        .toBe(64);
      await page.mouse.move(0, 0);
      await hovered.waitFor({ state: 'detached' });
      const search = page.getByRole('searchbox', { name: 'Find images by name' });
      await search.fill('discs-in-a-row');
      await page.getByText(/^[1-9]\d* images? ringed/).waitFor();
      await search.press('Enter');
      await expect.poll(() => page.locator('.chosen').textContent()).toContain('discs-in-a-row/');
    });
  });

  /** The place of a point on the plane: any that is drawn. */
  function somePoint(page: Page): Promise<{ readonly x: number; readonly y: number }> {
    return scatter(page).evaluate((canvas: HTMLCanvasElement) => {
      const { width, height, clientWidth } = canvas;
      const { data = [] } = canvas.getContext('2d')?.getImageData(0, 0, width, height) ?? {};
      const place = Array.from({ length: width * height }, (_, i) => i).find(
        (i) => data[4 * i + 3] === 255,
      );
      if (place === undefined) throw new Error('no point is drawn');
      const scale = clientWidth / width;
      return { x: (place % width) * scale, y: Math.floor(place / width) * scale };
    });
  }

  test('warns of features that have collapsed', async () => {
    await visit('plain', async (page) => {
      await scatter(page).waitFor();
      expect(await page.locator('.notice').count()).toBe(0);
    });
    writeRun(at('runs/collapsed'));
    await writeCollapsed(at('runs/collapsed/features'));
    await visit('collapsed', async (page) => {
      await page.getByText('the two largest components have 98 % of the variance').waitFor();
      await page
        .getByText(/Two components have 98 % .* the features have nearly collapsed/)
        .waitFor();
      await scatter(page).focus();
      await page.keyboard.press('ArrowRight');
      await page.getByRole('heading', { name: /^\d+\.png$/ }).waitFor();
    });
  });

  test('lays them out by UMAP, the same way every time', async () => {
    await visit('plain', async (page) => {
      await scatter(page).waitFor();
      await page.getByLabel('UMAP').check();
      await page.getByText('near is alike').waitFor();
      await scatter(page).waitFor();
      const [first, second] = await page.evaluate(() => {
        const values = Float32Array.from({ length: 300 }, (_, i) => Math.sin(i * i));
        const layOut = () =>
          new Promise<number[]>((resolve) => {
            const worker = new Worker('/umap.js');
            worker.onmessage = ({ data }) => data.kind === 'done' && resolve([...data.places]);
            worker.postMessage({ values, components: 5 });
          });
        return Promise.all([layOut(), layOut()]);
      });
      expect(first).toHaveLength(120);
      expect(new Set(first).size).toBeGreaterThan(100);
      expect(second).toEqual(first);
    });
  });

  test('shows what the encoder makes of an image of the user, and what it is like', async () => {
    await visit('plain', async (page) => {
      await scatter(page).waitFor();
      const choose = page.getByLabel('Choose an image');
      await choose.setInputFiles({
        name: 'x.png',
        mimeType: 'image/png',
        buffer: Buffer.from('no image'),
      });
      await page.getByText('Expected an image at this file but it is not').waitFor();
      await choose.setInputFiles(someImage());
      await page.getByRole('img', { name: 'Attention of stage 3' }).waitFor();
      expect(await page.locator('.stages img').count()).toBe(9);
      expect(await page.locator('.own-image .neighbours li').count()).toBe(8);
    });
  }, 120_000);

  test('says how to make features, and what is wrong with a file', async () => {
    await visit('without', async (page) => {
      await page.getByText(`npx um-mae embed ${at('runs/without')} FOLDER`).waitFor();
    });
    await visit('damaged', async (page) => {
      await page
        .getByText('Expected features in features/broken.safetensors but it is damaged.')
        .waitFor();
    });
  });

  test('fits a narrow screen, and is dark where the system is', async () => {
    await visit(
      'plain',
      async (page) => {
        await scatter(page).waitFor();
        const [content = 0, screen = 0] = await page.evaluate(() => [
          document.documentElement.scrollWidth,
          document.documentElement.clientWidth,
        ]);
        expect(content).toBeLessThanOrEqual(screen);
      },
      { viewport: { width: 390, height: 800 }, colorScheme: 'dark' },
    );
  });

  test('takes features that come while it is open', async () => {
    await visit('without', async (page) => {
      await page.getByText(`npx um-mae embed ${at('runs/without')} FOLDER`).waitFor();
      cpSync(at('runs/plain/features'), at('runs/without/features'), { recursive: true });
      await scatter(page).waitFor();
    });
  });
});
