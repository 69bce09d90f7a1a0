#!/usr/bin/env node
/**
 * Bundles the page into `build/`, a folder for any static server, with the programs of onnxruntime
 * beside it.
 */
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export const page = join(folder, 'build');

/** Runtimes for WebAssembly alone, and for WebGPU; a browser fetches the one that it uses. */
const runtimes = ['ort-wasm-simd-threaded', 'ort-wasm-simd-threaded.asyncify'];

export async function buildPage() {
  await rm(page, { recursive: true, force: true });
  await mkdir(join(page, 'onnxruntime'), { recursive: true });
  await build({
    entryPoints: [join(folder, 'web/main.tsx'), join(folder, 'web/model/worker.ts')],
    entryNames: '[name]',
    outdir: page,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    // Its programs are fetched beside the page instead of being part of the script.
    conditions: ['onnxruntime-web-use-extern-wasm'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'linked',
    logLevel: 'warning',
  });
  for (const name of runtimes.flatMap((runtime) => [`${runtime}.mjs`, `${runtime}.wasm`])) {
    const source = fileURLToPath(import.meta.resolve(`onnxruntime-web/${name}`));
    await copyFile(source, join(page, 'onnxruntime', name));
  }
  await copyFile(join(folder, 'web/index.html'), join(page, 'index.html'));
}

if (argv[1] === fileURLToPath(import.meta.url)) await buildPage();
