import { existsSync, readFileSync } from 'node:fs';

/**
 * Whether there is the oneDNN 2 that Debian's libtorch is linked with, headers included. Others
 * have their own oneDNN inside, of another version, whose headers the compiler would find first.
 *
 * @param {{root: string}} libtorch
 */
export function hasOnednn({ root }) {
  const header = '/usr/include/oneapi/dnnl/dnnl_version.h';
  if (root !== '/usr' || !existsSync(header)) return false;
  return /#define DNNL_VERSION_MAJOR 2\b/.test(readFileSync(header, 'utf8'));
}
