#!/usr/bin/env node
/** Bundles the page into `build/`, which the package ships: nobody who uses it builds anything. */
import { copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const page = join(folder, 'build');

/** The settings of bundling for all parts of the page. */
export const bundling = {
  bundle: true,
  minify: true,
  sourcemap: false,
  format: 'iife',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  logLevel: 'warning',
};

/** @returns {Promise<boolean>} whether anything had changed since the last time */
export async function buildPage() {
  if (await isCurrent()) return false;
  await mkdir(page, { recursive: true });
  await build({
    entryPoints: ['main.tsx', 'theme.ts', 'umap.ts'].map((name) => join(folder, 'web', name)),
    ...bundling,
    outdir: page,
    legalComments: 'linked',
  });
  // Last: its age says that everything else is there.
  await copyFile(join(folder, 'web/index.html'), join(page, 'index.html'));
  return true;
}

async function isCurrent() {
  const built = await stat(join(page, 'index.html')).catch(() => undefined);
  if (!built) return false;
  const sources = await Promise.all(['web', 'shared', 'scripts'].map((name) => newest(name)));
  return Math.max(...sources) < built.mtimeMs;
}

/** Returns the time of the newest change below a folder. A deleted file makes its folder newer. */
async function newest(name) {
  const root = join(folder, name);
  const below = await readdir(root, { recursive: true });
  const times = [root, ...below.map((file) => join(root, file))].map(
    async (path) => (await stat(path)).mtimeMs,
  );
  return Math.max(...(await Promise.all(times)));
}

if (argv[1] === fileURLToPath(import.meta.url)) await buildPage();
