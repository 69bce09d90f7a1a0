import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Removes what was compiled from sources that are gone: `tsc -b` leaves it, and the test of a
 * deleted file would still run.
 */
export function removeStaleOutput(folder) {
  for (const name of readdirSync(folder, { recursive: true })) {
    const map = join(folder, name);
    if (!name.endsWith('.js.map') || existsSync(sourceOf(map))) continue;
    const stem = map.slice(0, -'.js.map'.length);
    for (const ending of ['.js', '.js.map', '.d.ts', '.d.ts.map']) {
      rmSync(stem + ending, { force: true });
    }
  }
}

function sourceOf(map) {
  const { sources } = JSON.parse(readFileSync(map, 'utf8'));
  return join(dirname(map), sources[0]);
}
