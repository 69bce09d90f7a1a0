/** The built page: a few files, read once. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Hono } from 'hono';
import { describeFailure } from 'um-mae/runs';
import { ServeError } from './errors.js';

const files = {
  '/main.js': 'text/javascript; charset=utf-8',
  '/umap.js': 'text/javascript; charset=utf-8',
  '/theme.js': 'text/javascript; charset=utf-8',
  '/main.css': 'text/css; charset=utf-8',
} as const;

/** Every other address is one of the page's own, which shows what belongs there. */
export function servePage(app: Hono): void {
  for (const [path, type] of Object.entries(files)) {
    const content = readBuilt(path);
    app.get(path, (context) => context.body(content, 200, { 'Content-Type': type }));
  }
  const index = readBuilt('/index.html');
  app.get('/api/*', (context) => context.notFound());
  app.get('*', (context) => context.html(index));
}

/** @throws ServeError when the page has not been built */
function readBuilt(name: string): string {
  const path = fileURLToPath(new URL(`../../build${name}`, import.meta.url));
  return describeFailure({ verb: 'read', path, as: ServeError }, () => readFileSync(path, 'utf8'));
}
