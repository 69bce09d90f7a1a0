import { statSync } from 'node:fs';
import { platform } from 'node:os';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../cli/testing/command-line.js';
import { heldLocks, lockName, RunLock } from './run-lock.js';

describe('heldLocks', () => {
  test.runIf(platform() === 'linux')(
    'names the folders in which processes are at work',
    async () => {
      const folder = temporaryFolder();
      const name = lockName(statSync(folder, { bigint: true }));
      const lock = await RunLock.take(folder);
      expect(await heldLocks()).toContain(name);
      await expect(RunLock.take(folder)).rejects.toThrow('but got one');
      lock.release();
      expect(await heldLocks()).not.toContain(name);
    },
  );
});
