/**
 * Finds the numbers of the published implementation: all of them beside the project if they are
 * there, otherwise the smallest ones, which the repository has.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const allFixtures = new URL('../../../../../shared/fixtures/', import.meta.url);
const ownFixtures = new URL('../../../um-mae/fixtures/parity/', import.meta.url);

/** The path of a file or folder such as `util/case.json`, whether it is there or not. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(name, existsSync(allFixtures) ? allFixtures : ownFixtures));
}

/** Whether a file or folder exists. The repository does not have all of them. */
export function hasFixture(name: string): boolean {
  return existsSync(fixturePath(name));
}

/** The section of a fixture's `case.json` that has this name. */
export function fixtureCase<Section>(folder: string, section: string): Section {
  const text = readFileSync(fixturePath(`${folder}/case.json`), 'utf8');
  return (JSON.parse(text) as Record<string, Section>)[section] as Section;
}
