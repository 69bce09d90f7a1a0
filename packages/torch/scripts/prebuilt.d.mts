/**
 * Finds an addon that is compiled already, where its package is installed.
 *
 * @returns its path
 */
export function prebuiltAddon(name: 'torch.node' | 'pixels.node'): string | undefined;
