import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Finds libtorch, in this order: the folder in `LIBTORCH`, the `torch` package of the `python3` on
 * the path, the system's own. Throws when `LIBTORCH` is set and holds none.
 *
 * @returns {{source: 'LIBTORCH' | 'python' | 'system', root: string, include: string[], lib:
 *   string, version: string, cuda: boolean} | undefined}
 */
export function findLibtorch() {
  const named = process.env.LIBTORCH;
  if (named) {
    const found = at('LIBTORCH', named);
    if (!found) {
      throw new Error(
        `Expected a libtorch folder with include/ and lib/ in LIBTORCH but got ${named}.`,
      );
    }
    return found;
  }
  const python = pythonTorch();
  return (python ? at('python', python) : undefined) ?? at('system', '/usr');
}

/** Asks Python for the folder of its `torch` package without importing it. */
function pythonTorch() {
  const program =
    'import importlib.util as u; s = u.find_spec("torch"); print(s.submodule_search_locations[0] if s else "")';
  try {
    return execFileSync('python3', ['-c', program], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined;
  }
}

/** A libtorch whose `include/` and `lib/` are below `root`, or nothing. */
function at(source, root) {
  const include = join(root, 'include');
  const api = join(include, 'torch/csrc/api/include');
  const version = readVersion([api, include]);
  const lib = libraryFolders(root).find((folder) => existsSync(join(folder, 'libtorch_cpu.so')));
  if (!version || !lib) return undefined;
  const cuda = existsSync(join(lib, 'libtorch_cuda.so'));
  return { source, root, include: [include, api], lib, version, cuda };
}

/** `lib/`, and on Debian the folder of the machine's architecture in it. */
function libraryFolders(root) {
  const lib = join(root, 'lib');
  if (!existsSync(lib)) return [];
  const multiarch = readdirSync(lib).filter((name) => name.endsWith('-linux-gnu'));
  return [lib, ...multiarch.map((name) => join(lib, name))];
}

/**
 * Reads the version from the header that has the numbers, which is another one in newer versions.
 */
function readVersion(include) {
  const headers = ['torch/version.h', 'torch/headeronly/version.h'];
  for (const header of include.flatMap((folder) => headers.map((name) => join(folder, name)))) {
    if (!existsSync(header)) continue;
    const text = readFileSync(header, 'utf8');
    const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
      (part) => new RegExp(`#define TORCH_VERSION_${part} (\\d+)`).exec(text)?.[1],
    );
    if (parts.every((part) => part !== undefined)) return parts.join('.');
  }
}
