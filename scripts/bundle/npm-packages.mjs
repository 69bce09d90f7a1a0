import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repository } from '../setup/repository.mjs';

/** Our own packages, which are published as their `files` say. */
export const workspaces = ['packages/torch', 'packages/um-mae', 'packages/studio'];

/** 290 MB, and only `um-mae export` of graphs needs it, which says so. */
const leftOut = ['onnxruntime-node'];

/**
 * Folders of the npm packages that a run needs, relative to the repository: what `dependencies` and
 * `optionalDependencies` of our packages lead to, as far as it is installed.
 */
export function npmPackages() {
  const { packages } = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8'));
  const found = new Set();
  const waiting = [...workspaces];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const { dependencies, optionalDependencies } = packages[path];
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      if (leftOut.includes(name)) continue;
      const target = resolvePackage(packages, { name, from: path });
      if (target === undefined || packages[target].link || found.has(target)) continue;
      if (!existsSync(join(repository, target))) continue;
      found.add(target);
      waiting.push(target);
    }
  }
  return [...found].sort();
}

/** Finds a package as Node does: in the `node_modules` of the folder, and of those above it. */
function resolvePackage(packages, { name, from }) {
  for (let folder = from; ; folder = folder === '.' ? '' : dirname(folder)) {
    const path = [folder, 'node_modules', name].filter(Boolean).join('/');
    if (packages[path]) return path;
    if (folder === '') return undefined;
  }
}
