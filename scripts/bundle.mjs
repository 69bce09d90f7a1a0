#!/usr/bin/env node
/**
 * Makes one folder, or one archive, that runs um-mae on a machine without a network: see
 * docs/cluster.md.
 *
 *     npm run bundle -- --out um-mae-bundle           # a folder
 *     npm run bundle -- --out um-mae-bundle.tar.xz    # an archive of that folder
 */
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SetupError } from '../packages/torch/scripts/setup/run.mjs';
import { archive, archiveEnding } from './bundle/archive.mjs';
import { assemble } from './bundle/assemble.mjs';
import { inNewFolder } from './bundle/new-folder.mjs';
import { build } from './setup/build.mjs';

try {
  await main();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.output ? `${error.output}\n` : ''}bundle: ${error.message}\n`);
  process.exitCode = error.exitCode;
}

async function main() {
  const out = resolve(outOf(process.argv.slice(2)));
  await build();
  if (!out.endsWith(archiveEnding)) return inNewFolder(out, assemble);
  return inNewFolder(out, async (partial) => {
    const folder = join(partial, basename(out, archiveEnding));
    await assemble(folder);
    return archive(folder);
  });
}

function outOf(args) {
  try {
    const { out } = parseArgs({ args, options: { out: { type: 'string' } } }).values;
    if (out) return out;
  } catch (error) {
    throw new SetupError(`${error.message}.`);
  }
  throw new SetupError('Expected a folder or a .tar.xz file as `--out` but got none.');
}
