import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmPackages } from '../bundle/npm-packages.mjs';
import { repository } from '../setup/repository.mjs';

/**
 * The package-lock.json of a project that has our packages from tarballs, with the versions of all
 * others that the repository has: npm takes them from its cache, where set-up has put them.
 *
 * @param {Readonly<Record<string, string>>} dependencies tarballs as `file:NAME`, by package
 */
export function lockOf(dependencies) {
  const lock = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8'));
  const own = Object.entries(dependencies).map(([name, resolved]) => {
    const folder = name.split('/').at(-1);
    const { devDependencies: _, ...entry } = lock.packages[`packages/${folder}`];
    return [`node_modules/${name}`, { ...entry, resolved }];
  });
  const others = npmPackages().map((path) => [path, lock.packages[path]]);
  const packages = Object.fromEntries([['', { dependencies }], ...own, ...others]);
  return { lockfileVersion: lock.lockfileVersion, requires: true, packages };
}
