#!/usr/bin/env node
import { existsSync } from 'node:fs';

const entry = new URL('../dist/cli/main.js', import.meta.url);
if (!existsSync(entry)) {
  process.stderr.write(
    'um-mae: expected a built package but dist/ is missing; run `npm run setup` first.\n',
  );
  process.exit(2);
}
await import(entry.href);
