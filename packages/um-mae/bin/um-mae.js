#!/usr/bin/env node
import { existsSync } from 'node:fs';

const entry = new URL('../dist/cli/main.js', import.meta.url);
if (!existsSync(entry)) {
  process.stderr.write(
    'um-mae: expected a built package but dist/ is missing; run `npm run setup` first.\n',
  );
  process.exit(2);
}
try {
  await import(entry.href);
} catch (error) {
  if (error.code !== 'EMFILE') throw error;
  process.stderr.write(
    'um-mae: Expected to open its own files but got: too many open files.\nAllow more of them by ulimit -n 256.\n',
  );
  process.exit(2);
}
