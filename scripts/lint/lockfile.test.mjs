import { expect, test } from 'vitest';
import { lockfileFaults } from './lockfile.mjs';

const integrity = `sha512-${'A'.repeat(86)}==`;

test('packages without a checksum, from elsewhere, or with a script are found', () => {
  const faults = lockfileFaults({
    '': { name: 'workspace' },
    'packages/own': {},
    'node_modules/own': { link: true },
    'node_modules/good': { integrity },
    'node_modules/esbuild': { integrity, hasInstallScript: true },
    'node_modules/weak': { integrity: 'sha1-AAAA' },
    'node_modules/good/node_modules/@other/elsewhere': { integrity, resolved: 'git+ssh://other' },
    'node_modules/script': { integrity, hasInstallScript: true },
  });
  expect(faults).toEqual([
    'Expected the SHA-512 of node_modules/weak in package-lock.json but got sha1-AAAA.',
    'Expected node_modules/good/node_modules/@other/elsewhere from the configured registry but got an address of its own.',
    'Expected no install script of node_modules/script but got one: see scripts/lint/lockfile.mjs.',
  ]);
});
