/** The studio in a real browser, which notes whatever a page should not do. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

/** Undefined where there is none. */
export const browserPath = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) => ['chromium', 'google-chrome'].map((name) => join(folder, name)))
  .find(isExecutable);

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @param graphics how it draws. Default: without a graphics processor. */
export function openBrowser(graphics: readonly string[] = ['--disable-gpu']): Promise<Browser> {
  return chromium.launch({
    ...(browserPath !== undefined && { executablePath: browserPath }),
    args: ['--headless', '--no-sandbox', ...graphics, '--disable-quic', '--no-first-run'],
  });
}

/**
 * A page, and what has gone wrong on it: errors, refused scripts and styles, requests to other
 * machines, dialogs.
 */
export interface WatchedPage {
  readonly page: Page;
  readonly wrongs: string[];
}

export async function openPage(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const wrongs: string[] = [];
  const { host } = new URL(address);
  page.on('pageerror', (error) => wrongs.push(error.message));
  page.on('console', (message) => {
    // The browser's own word on an answer of 404, which is a sentence of ours on the page.
    const isExpected = /status of (404|422)/.test(message.text());
    if (message.type() === 'error' && !isExpected) wrongs.push(message.text());
  });
  page.on('dialog', (dialog) => {
    wrongs.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    const isOurs = url.host === host || ['data:', 'blob:'].includes(url.protocol);
    if (!isOurs) wrongs.push(`request to ${request.url()}`);
  });
  await page.goto(address);
  return { page, wrongs };
}

/** Opens a page, hands it over, and expects that nothing has gone wrong on it. */
export async function visitPage(
  browser: Browser,
  address: string,
  body: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const { page, wrongs } = await openPage(browser, address, options);
  try {
    await body(page);
    expect(wrongs).toEqual([]);
  } finally {
    await page.context().close();
  }
}
