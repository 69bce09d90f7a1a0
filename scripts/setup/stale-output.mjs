import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repository } from './run.mjs';

/**
 * Removes what was compiled from sources that are gone: `tsc -b` leaves it, and the test of a
 * deleted file would still run.
 *
 * @param {string[]} packages folders whose output is in `dist/`
 */
export function removeStaleOutput(packages) {
  for (const folder of packages) {
    const dist = join(repository, folder, 'dist');
    for (const name of readdirSync(dist, { recursive: true })) {
      const map = join(dist, name);
      if (!name.endsWith('.js.map') || existsSync(sourceOf(map))) continue;
      const stem = map.slice(0, -'.js.map'.length);
      for (const ending of ['.js', '.js.map', '.d.ts', '.d.ts.map']) {
        rmSync(stem + ending, { force: true });
      }
    }
  }
}

function sourceOf(map) {
  const { sources } = JSON.parse(readFileSync(map, 'utf8'));
  return join(dirname(map), sources[0]);
}
