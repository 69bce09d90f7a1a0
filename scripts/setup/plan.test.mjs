import { describe, expect, test } from 'vitest';
import {
  aptPrefix,
  missingPackages,
  requireLibtorch,
  requireNode,
} from '../../packages/torch/scripts/setup/plan.mjs';
import { isInstallOutdated } from './npm-packages.mjs';

describe('requireNode', () => {
  test('accepts the oldest supported version and later ones', () => {
    requireNode('20.17.0');
    requireNode('20.20.2');
    requireNode('24.0.0');
  });

  test('rejects older ones', () => {
    expect(() => requireNode('20.9.0')).toThrow('Expected Node 20.17 or later but got 20.9.0.');
    expect(() => requireNode('18.20.0')).toThrow('18.20.0');
  });
});

describe('requireLibtorch', () => {
  test('compares numbers, not text', () => {
    requireLibtorch({ version: '2.2.0', root: '/usr' });
    requireLibtorch({ version: '1.13.1', root: '/usr' });
    expect(() => requireLibtorch({ version: '1.7.1', root: '/usr' })).toThrow('1.7.1 in /usr');
  });
});

describe('missingPackages', () => {
  const system = { source: 'system' };
  const ready = {
    libtorch: system,
    apt: true,
    openblas: true,
    onednn: true,
    jpeg: true,
    browser: true,
    missingTools: [],
  };

  test('is empty when all is in place', () => {
    expect(missingPackages(ready)).toEqual([]);
  });

  test('brings libtorch, OpenBLAS, libjpeg and the tools to a bare machine', () => {
    const missingTools = ['g++', 'make'];
    const bare = { ...ready, libtorch: undefined, openblas: false, jpeg: false, missingTools };
    const libraries = ['libtorch-dev', 'libopenblas0-openmp', 'libdnnl-dev', 'libjpeg-dev'];
    expect(missingPackages(bare)).toEqual([...libraries, ...missingTools]);
  });

  test('brings the browser to tests that have none, where there is apt', () => {
    expect(missingPackages({ ...ready, browser: false })).toEqual(['chromium']);
    expect(missingPackages({ ...ready, apt: false, browser: false })).toEqual([]);
  });

  test("adds OpenBLAS and oneDNN to the system's libtorch only", () => {
    const slow = { ...ready, openblas: false, onednn: false };
    expect(missingPackages(slow)).toEqual(['libopenblas0-openmp', 'libdnnl-dev']);
    expect(missingPackages({ ...slow, libtorch: { source: 'python' } })).toEqual([]);
  });

  test('says what to do where there is no apt', () => {
    const other = { ...ready, apt: false, openblas: false, jpeg: false };
    expect(missingPackages(other)).toEqual([]);
    expect(() => missingPackages({ ...other, libtorch: undefined })).toThrow('set LIBTORCH');
    expect(() => missingPackages({ ...other, missingTools: ['make'] })).toThrow('Expected make');
  });
});

describe('aptPrefix', () => {
  test('prints the command to someone who may not install packages', () => {
    expect(aptPrefix('root', ['make'])).toEqual([]);
    expect(aptPrefix('sudo', ['make'])).toEqual(['sudo', '-n']);
    const command = 'apt-get install -y --no-install-recommends make';
    expect(() => aptPrefix('sudo with a password', ['make'])).toThrow(`sudo ${command}`);
    expect(() => aptPrefix('none', ['make'])).toThrow(`${command}'`);
  });
});

describe('isInstallOutdated', () => {
  test('holds until npm has finished after the lock changed', () => {
    expect(isInstallOutdated({ lockTime: 1, installTime: undefined })).toBe(true);
    expect(isInstallOutdated({ lockTime: 2, installTime: 1 })).toBe(true);
    expect(isInstallOutdated({ lockTime: 1, installTime: 1 })).toBe(false);
    expect(isInstallOutdated({ lockTime: undefined, installTime: 1 })).toBe(false);
  });
});
