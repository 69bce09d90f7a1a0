/** Links between pages of documentation lead to files: to folders, the site has none. */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from '../setup/repository.mjs';

const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: repository, encoding: 'utf8' })
  .trimEnd()
  .split('\n');

test('links between pages lead to files', () => {
  const links = pages.flatMap((page) => {
    const text = readFileSync(join(repository, page), 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
    const places = [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)].map(([, place]) => place);
    return places.map((place) => ({ page, place: join(repository, dirname(page), place) }));
  });
  expect(links.length).toBeGreaterThan(100);
  expect(links.filter(({ place }) => !isFile(place))).toEqual([]);
});

function isFile(path) {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
