#!/usr/bin/env node
/**
 * Bundles the page into `build/`, which the package ships: nobody who uses it builds anything. `masks.html` beside it is
 * the mask explorer alone, in one file that opens without a server.
 */
import { copyFile, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const page = join(folder, 'build');

/** @type {import('esbuild').BuildOptions} */
const options = {
  outdir: page,
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
    ...options,
    entryPoints: ['main.tsx', 'theme.ts', 'umap.ts'].map((name) => join(folder, 'web', name)),
    legalComments: 'linked',
  });
  await writeFile(join(page, 'masks.html'), await masksAlone());
  // Last: its age says that everything else is there.
  await copyFile(join(folder, 'web/index.html'), join(page, 'index.html'));
  return true;
}

/** @returns {Promise<string>} the page with its script and its styles in it */
async function masksAlone() {
  const entryPoints = [join(folder, 'web/masks-main.tsx')];
  const { outputFiles } = await build({
    ...options,
    entryPoints,
    write: false,
    legalComments: 'inline',
  });
  const text = (suffix) => outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? '';
  const script = text('.js').replaceAll('</script', '<\\/script');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Masks of um-mae</title>
<link rel="icon" href="data:,">
<style>${text('.css')}</style>
</head>
<body><script>${script}</script></body>
</html>
`;
}

async function isCurrent() {
  const built = await stat(join(page, 'index.html')).catch(() => undefined);
  if (!built) return false;
  const sources = await Promise.all(['web', 'shared', 'scripts'].map((name) => newest(name)));
  return Math.max(...sources) < built.mtimeMs;
}

/** Also notices deleted files: their folder is newer then. */
async function newest(name) {
  const root = join(folder, name);
  const below = await readdir(root, { recursive: true });
  const times = [root, ...below.map((file) => join(root, file))].map(
    async (path) => (await stat(path)).mtimeMs,
  );
  return Math.max(...(await Promise.all(times)));
}

if (argv[1] === fileURLToPath(import.meta.url)) await buildPage();
