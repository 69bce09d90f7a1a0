import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { outputFolders } from './scripts/setup/build.mjs';
import { removeStaleOutput } from './scripts/setup/stale-output.mjs';

// Before tests are looked for: `tsc -b` alone leaves the compiled tests of deleted files.
for (const folder of outputFolders().filter(existsSync)) removeStaleOutput(folder);

/** Tests run as compiled by `tsc -b`, so that workers and the command line are the real files. */
export default defineConfig({
  test: {
    include: ['{packages,examples}/*/dist/**/*.test.js', 'scripts/**/*.test.mjs'],
    pool: 'forks',
    // A file a core: most tests start programs of one thread, or compute too little for two.
    maxWorkers: '100%',
    env: {
      // No folder: tests choose the usual way of products, and what they measure while others run
      // is not kept.
      UM_MAE_CACHE: '/dev/null',
      // Threads of one file that wait do not keep a core from the other file.
      OMP_WAIT_POLICY: 'passive',
    },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
