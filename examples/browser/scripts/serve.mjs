#!/usr/bin/env node
/**
 * Builds the page and serves it on this machine, with the headers that let WebAssembly use threads.
 *
 * Run: npm run example:browser -- [MODEL.onnx] [--port N]
 */
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, parse, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { serve } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { buildPage, page } from './build-page.mjs';

const headers = {
  // A page that is isolated from all others may share memory between threads.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  // Of the page and of its threads: no request to another host.
  'Content-Security-Policy':
    "default-src 'self'; img-src 'self' blob: data:; script-src 'self' 'wasm-unsafe-eval'; frame-ancestors 'none'",
  'Cache-Control': 'no-cache',
};

function fail(message) {
  console.error(message);
  process.exit(2);
}

function readArguments() {
  const options = { port: { type: 'string', default: '8080' } };
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      fail(`Expected a port of 0 to 65535 for \`--port\` but got ${values.port}.`);
    }
    if (positionals.length > 1) {
      fail(`Expected one model but got ${positionals.length}: ${positionals.join(', ')}.`);
    }
    return { model: positionals[0], port };
  } catch (error) {
    return fail(`${error.message}\nusage: npm run example:browser -- [MODEL.onnx] [--port N]`);
  }
}

const { model, port } = readArguments();
// npm runs this in the folder of the example, and says where it was called.
const path = model && resolve(process.env.INIT_CWD ?? '.', model);
if (path && !statSync(path, { throwIfNoEntry: false })?.isFile()) {
  fail(`Expected a model but got no file at ${model}.`);
}

await buildPage();
const app = new Hono();
app.use(async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(headers)) context.header(name, value);
});
if (path) {
  const { name: stem, base, dir } = parse(path);
  app.get('/model/:name', async (context) => {
    const name = context.req.param('name');
    // A detector of two stages has further graphs beside it: cells.onnx, cells.boxes.onnx.
    const isPart = name.startsWith(`${stem}.`) && /^\w+\.onnx$/.test(name.slice(stem.length + 1));
    if (name !== base && !isPart) return context.notFound();
    const bytes = await readFile(join(dir, name)).catch(() => undefined);
    if (!bytes) return context.notFound();
    return context.body(bytes, 200, { 'Content-Type': 'application/octet-stream' });
  });
}
app.use(serveStatic({ root: page }));

const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, (address) => {
  const query = path ? `?model=${encodeURIComponent(`model/${basename(path)}`)}` : '';
  console.log(`http://127.0.0.1:${address.port}/${query}`);
});
server.on('error', (error) =>
  fail(
    error.code === 'EADDRINUSE'
      ? `Expected a free port but ${port} is in use; name another one by --port.`
      : error.message,
  ),
);
