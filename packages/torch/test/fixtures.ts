/** The parity fixtures, which lie beside the project where they are present at all. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../../../../shared/fixtures/', import.meta.url);

export const hasFixtures = existsSync(root);

/** What a suite that needs them puts behind its name. */
export const needsFixtures = '(needs ../shared/fixtures)';

export function fixturePath(path: string): string {
  return fileURLToPath(new URL(path, root));
}

/** One section of a fixture's `case.json`. */
export function fixtureCase<Section>(folder: string, section: string): Section {
  const text = readFileSync(fixturePath(`${folder}/case.json`), 'utf8');
  return (JSON.parse(text) as Record<string, Section>)[section] as Section;
}
