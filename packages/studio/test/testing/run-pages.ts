/** The ways of a user through the pages of the studio. */
import type { Page } from 'playwright-core';

/** Goes to a run as a user does. */
export async function openRun(page: Page, name: string, part?: string): Promise<void> {
  await page.getByRole('link', { name, exact: true }).click();
  if (part !== undefined) await page.getByRole('link', { name: part, exact: true }).click();
}

/** Reads the text of a place on a page. */
export async function textOf(page: Page, place = 'main'): Promise<string> {
  const text = (await page.locator(place).textContent()) ?? '';
  // Numbers hold on to their units.
  return text.replaceAll('\u00a0', ' ');
}
