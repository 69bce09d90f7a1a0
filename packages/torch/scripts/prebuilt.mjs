import { createRequire } from 'node:module';

/** The package with addons that are compiled already. */
export const prebuiltPackage = '@um-mae/debian-12-x64';

/**
 * Finds an addon that is compiled already, where its package is installed.
 *
 * @param {'torch.node' | 'pixels.node'} name
 * @returns {string | undefined} its path
 */
export function prebuiltAddon(name) {
  try {
    return createRequire(import.meta.url).resolve(`${prebuiltPackage}/${name}`);
  } catch {
    return undefined;
  }
}
