/** Runs um-mae; before, builds the addon where there is none for this libtorch and processor. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isBuilt } from '../node_modules/@um-mae/torch/scripts/build-native.mjs';
import { findLibtorch } from '../node_modules/@um-mae/torch/scripts/find-libtorch.mjs';

const bundle = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const torch = join(bundle, 'node_modules/@um-mae/torch');
const umMae = join(bundle, 'node_modules/um-mae');

const obstacle = obstacleToStart();
if (obstacle === undefined) {
  const program = join(umMae, 'bin/um-mae.js');
  // What starts the program again takes its path from here.
  process.argv[1] = program;
  await import(program);
} else {
  process.stderr.write(`um-mae: ${obstacle}\n`);
  process.exitCode = 2;
}

/** A sentence, or nothing when the addon is in place. */
function obstacleToStart() {
  // It only reads runs, without libtorch.
  if (process.argv[2] === 'studio') return undefined;
  let libtorch;
  try {
    libtorch = findLibtorch();
  } catch (error) {
    return error.message;
  }
  if (!libtorch) {
    return (
      'Expected libtorch but found none; activate the environment whose python3 has PyTorch, ' +
      'or set LIBTORCH to the folder of libtorch.'
    );
  }
  return isBuilt() ? undefined : (missingTool() ?? build(libtorch));
}

function missingTool() {
  if (/\s/.test(bundle)) {
    return `Expected a path without spaces, which make needs, but got ${bundle}; move the bundle.`;
  }
  const tools = [process.env.CXX?.split(' ')[0] || 'g++', 'make'];
  const missing = tools.filter((tool) => !isOnPath(tool));
  if (missing.length === 0) return undefined;
  return (
    `Expected ${missing.join(' and ')} on the PATH, to build the addon once, but found none; ` +
    'load the module that has it, or start um-mae first on a node of this kind that does.'
  );
}

function isOnPath(command) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(resolve(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Returns the reason why the addon did not build, or nothing. */
function build({ version, root, cuda }) {
  const kind = cuda ? 'with CUDA' : 'for CPUs';
  process.stderr.write(`um-mae: building for libtorch ${version} ${kind} in ${root}, once ...\n`);
  const start = performance.now();
  const folder = join(torch, 'build');
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    return `Expected to write into ${folder} but got ${error.code}; copy the bundle to a folder of yours.`;
  }
  const built = runScript(join(torch, 'scripts/build-native.mjs'), folder) && providePixels(folder);
  if (!built) {
    return 'Expected the addon to compile but it did not; see what the compiler says above.';
  }
  const seconds = Math.ceil((performance.now() - start) / 1000);
  process.stderr.write(`um-mae: built in ${seconds} s\n`);
}

/** The addon for images came compiled, for a C library as new as the one it was linked with. */
function providePixels(folder) {
  try {
    createRequire(import.meta.url)(join(umMae, 'build/pixels.node'));
    return true;
  } catch {
    return runScript(join(umMae, 'scripts/build-native.mjs'), folder);
  }
}

/** Behind a lock: the jobs of an array start at the same time. Nothing is written elsewhere. */
function runScript(path, folder) {
  const script = [process.execPath, path];
  const lock = isOnPath('flock') ? ['flock', join(folder, 'lock')] : [];
  const [command, ...args] = [...lock, ...script];
  const { status } = spawnSync(command, args, {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return status === 0;
}
