#!/usr/bin/env node
/**
 * Builds the mask explorer as one HTML file that needs no server: `node build-masks.mjs [FILE]`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { argv, env } from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundling } from './build-page.mjs';

const folder = resolve(dirname(fileURLToPath(import.meta.url)), '..');
// npm runs scripts in the package; paths are meant from where the user is.
const file = resolve(env.INIT_CWD ?? '.', argv[2] ?? join(folder, 'build/masks.html'));

const { outputFiles } = await build({
  ...bundling,
  entryPoints: [join(folder, 'web/masks-alone.tsx')],
  outdir: folder,
  write: false,
  legalComments: 'eof',
});
const text = (ending) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
await mkdir(dirname(file), { recursive: true });
await writeFile(file, page({ script: text('.js'), style: text('.css') }));
console.log(file);

/** The policy lets it load nothing and send nothing: a picture that it is given cannot leave it. */
function page({ script, style }) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; form-action 'none'; base-uri 'none'">
<title>Masks · um-mae</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<script>${script}</script>
</body>
</html>
`;
}
