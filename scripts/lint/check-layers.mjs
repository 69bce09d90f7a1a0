#!/usr/bin/env node
/**
 * Checks imports against `layers.mjs`: `node scripts/lint/check-layers.mjs`. Ends with 1 when there
 * is anything to say.
 */
import { join } from 'node:path';
import { exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import { circles, forbiddenImports, importsOf, roomImports, tied } from './imports.mjs';
import { knots, layers } from './layers.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const findings = Object.entries(layers).flatMap(([folder, rooms]) => {
  const imports = importsOf(join(root, folder));
  const found = [imports, roomImports(imports, rooms)].flatMap((graph) =>
    circles(tied(graph, knots[folder] ?? [])),
  );
  return [
    ...forbiddenImports(imports, rooms),
    ...found.map((circle) => `Expected no circle of imports but got ${circle.join(' -> ')}.`),
  ].map((sentence) => `${folder}: ${sentence}`);
});

for (const finding of findings) console.error(finding);
if (findings.length > 0) {
  console.error('What a room may import is in scripts/lint/layers.mjs.');
  exit(1);
}
