import { existsSync, readFileSync } from 'node:fs';

/** Whether the system has the oneDNN 2 that Debian's libtorch is linked with, headers included. */
export function hasOnednn() {
  const header = '/usr/include/oneapi/dnnl/dnnl_version.h';
  return existsSync(header) && /#define DNNL_VERSION_MAJOR 2\b/.test(readFileSync(header, 'utf8'));
}
