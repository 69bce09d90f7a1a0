import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SetupError } from '../../packages/torch/scripts/setup/run.mjs';
import { buildNative } from '../../packages/um-mae/scripts/build-native.mjs';

/**
 * Compiles the addon that decodes images into a folder, and puts libjpeg-turbo beside it: the other
 * machine needs neither a library nor headers. (Debian's libjpeg.a is not for shared objects.)
 */
export async function buildPixels(folder) {
  const jpeg = findJpeg();
  // Make reads a dollar from two.
  await buildNative({ build: folder, libraries: "-ljpeg -Wl,-rpath,'$$ORIGIN'" });
  for (const name of readdirSync(folder)) {
    if (name !== 'pixels.node') rmSync(join(folder, name));
  }
  const [soname] = /^libjpeg\.so\.\d+/.exec(basename(jpeg)) ?? [basename(jpeg)];
  copyFileSync(jpeg, join(folder, soname));
}

/** The library that the compiler links with. */
function findJpeg() {
  const compiler = process.env.CXX ?? 'g++';
  const path = execFileSync(compiler, ['-print-file-name=libjpeg.so'], { encoding: 'utf8' }).trim();
  if (existsSync(path)) return realpathSync(path);
  throw new SetupError(
    'Expected libjpeg-turbo, which the bundle brings along, but found none; install libjpeg-dev.',
  );
}
