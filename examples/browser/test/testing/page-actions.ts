/** Actions of a user on the page of the example, and readings of what it shows. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** Chooses files by a button. */
export const choose = async (page: Page, label: string, files: string | readonly string[]) =>
  page.locator(`input[aria-label="${label}"]`).setInputFiles(files);

const cards = (page: Page) => page.locator('.classification').all();

/** Reads for each file the classes that the page tells, with their probabilities. */
export async function classesOnPage(
  page: Page,
  count: number,
): Promise<Map<string, ClassProbability[]>> {
  await page
    .locator('.classification img')
    .nth(count - 1)
    .waitFor();
  const shown = new Map<string, ClassProbability[]>();
  for (const card of await cards(page)) {
    const lines = await card.locator('.bars li').all();
    const classes = lines.map(async (line) => ({
      name: (await line.locator('.class-name').textContent()) ?? '',
      probability: Number(await line.locator('progress').getAttribute('value')),
    }));
    shown.set(
      (await card.locator('.picture-name').textContent()) ?? '',
      await Promise.all(classes),
    );
  }
  return shown;
}

/** A class of an image with its probability. */
export interface ClassProbability {
  readonly name: string;
  readonly probability: number;
}

/** Expects the same classes in the same order, with probabilities that differ by rounding. */
export function expectSame(
  got: readonly ClassProbability[] = [],
  expected: readonly ClassProbability[],
): void {
  expect(got.map(({ name }) => name)).toEqual(expected.map(({ name }) => name));
  for (const [rank, { probability }] of expected.entries()) {
    expect(Math.abs((got[rank]?.probability ?? Number.NaN) - probability)).toBeLessThan(1e-5);
  }
}

/** Waits until the page tells this of its model. */
export const modelText = (page: Page, text: string) =>
  page.locator('.model-text', { hasText: text }).waitFor();

/** Drops or pastes files, as a user's browser would tell the page. */
export async function hand(
  page: Page,
  type: 'drop' | 'paste',
  files: readonly string[],
): Promise<void> {
  const contents = files.map((file) => ({
    name: basename(file),
    base64: readFileSync(file).toString('base64'),
  }));
  await page.evaluate(
    ([type, contents]) => {
      const transfer = new DataTransfer();
      for (const { name, base64 } of contents) {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        transfer.items.add(new File([bytes], name));
      }
      const event =
        type === 'drop'
          ? new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true })
          : new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true });
      document.body.dispatchEvent(event);
    },
    [type, contents] as const,
  );
}
