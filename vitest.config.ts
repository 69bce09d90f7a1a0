import { defineConfig } from 'vitest/config';

/** Tests run as compiled by `tsc -b`, so that workers and the command line are the real files. */
export default defineConfig({
  test: {
    include: ['{packages,examples}/*/dist/**/*.test.js', 'scripts/**/*.test.mjs'],
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
