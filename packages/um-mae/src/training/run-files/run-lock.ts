/**
 * One process at a time in a run directory: two would take each other's checkpoints and logs apart.
 */
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { platform } from 'node:os';
import { CheckpointError } from '../../errors.js';
import { makeFolder, withFileErrors } from '../../files/file-errors.js';

/**
 * An abstract socket of Linux that has the folder's own number: the system frees it when the
 * process ends, however it ends, so nothing is left behind that a resumed run would have to judge.
 * Other systems have nothing like it, and no lock; nor do two machines that share a disk see each
 * other.
 */
export class RunLock {
  private constructor(private readonly server: Server | undefined) {}

  /**
   * Creates the folder if necessary, and locks it.
   *
   * @throws CheckpointError while another process has it
   */
  static async take(path: string): Promise<RunLock> {
    const { dev, ino } = await withFileErrors(
      { verb: 'write', path, as: CheckpointError },
      async () => {
        await makeFolder(path);
        return stat(path, { bigint: true });
      },
    );
    if (platform() !== 'linux') return new RunLock(undefined);
    const server = createServer().unref();
    server.listen(`\0${lockName({ dev, ino })}`);
    try {
      await once(server, 'listening');
    } catch (cause) {
      // A sandbox that forbids sockets is no reason not to train.
      if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') return new RunLock(undefined);
      throw new CheckpointError(
        `Expected no other process at work in ${path} but got one.\nWait until it has ended, or choose another --out.`,
        { cause },
      );
    }
    return new RunLock(server);
  }

  release(): void {
    this.server?.close();
  }
}

/** The folder of a run, by the numbers that the system gives it. */
export interface FolderNumbers {
  readonly dev: bigint;
  readonly ino: bigint;
}

/**
 * Returns the name under which `heldLocks` finds a process at work in the folder.
 *
 * @example
 * ```ts
 * import { statSync } from 'node:fs';
 * import { lockName } from 'um-mae/runs';
 *
 * console.log(lockName(statSync('runs/photos', { bigint: true })));
 * ```
 */
export function lockName({ dev, ino }: FolderNumbers): string {
  return `um-mae-run-${dev}-${ino}`;
}

/**
 * Names of all locks that processes of this machine hold; no process notices that it is looked at.
 *
 * @returns undefined where there are no locks
 *
 * @example
 * ```ts
 * import { statSync } from 'node:fs';
 * import { heldLocks, lockName } from 'um-mae/runs';
 *
 * const held = await heldLocks();
 * const name = lockName(statSync('runs/photos', { bigint: true }));
 * console.log(held?.has(name)); // false
 * ```
 */
export async function heldLocks(): Promise<ReadonlySet<string> | undefined> {
  const sockets = await readFile('/proc/net/unix', 'utf8').catch(() => undefined);
  if (sockets === undefined) return undefined;
  return new Set(
    Array.from(sockets.matchAll(/ @(um-mae-run-\d+-\d+)@*$/gm), ([, name]) => name ?? ''),
  );
}
