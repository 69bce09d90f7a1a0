/**
 * Packages that run a script of theirs when they are installed, and the reason why they may. npm runs
 * none with `--ignore-scripts`; only these would be missing something.
 */
const installScripts = {
  esbuild: 'replaces its launcher by the program for this machine; builds the pages',
  'onnxruntime-node': 'fetches libraries for GPUs, which export does not use',
  protobufjs: 'warns of a version scheme of packages that depend on it',
};

/**
 * The sentences about what a lockfile says of packages that are not of this repository: each comes
 * from the registry that npm is configured with, by its SHA-512, and runs no script unless listed.
 *
 * @param packages the `packages` of a `package-lock.json`
 */
export function lockfileFaults(packages) {
  const found = [];
  for (const [path, { link, integrity, resolved, hasInstallScript }] of Object.entries(packages)) {
    const name = path.split('node_modules/').at(-1);
    if (name === path || link) continue;
    if (!/^sha512-[\w+/]{86}==$/.test(integrity ?? ''))
      found.push(`Expected the SHA-512 of ${path} in package-lock.json but got ${integrity}.`);
    if (resolved !== undefined)
      found.push(`Expected ${path} from the configured registry but got an address of its own.`);
    if (hasInstallScript && !Object.hasOwn(installScripts, name))
      found.push(
        `Expected no install script of ${path} but got one: see scripts/lint/lockfile.mjs.`,
      );
  }
  return found;
}
