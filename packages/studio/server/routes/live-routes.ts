/** Reports changes as server-sent events. Files are watched only while someone listens. */
import type { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { heldLocks } from 'um-mae/runs';
import type { LiveChange } from '../../shared/protocol/live.js';
import type { RunFolder } from '../runs/run-folder.js';

const intervalMs = 1000;
/** The number of rounds between two searches for new runs. */
const searchEvery = 3;
/**
 * The number of rounds after which all is fetched again: a run falls silent without any file that
 * changes.
 */
const silenceEvery = 10;

export function addLiveRoutes(app: Hono, folder: RunFolder): void {
  app.get('/api/live', (context) =>
    streamSSE(context, async (stream) => {
      let known = await revisions(folder);
      await stream.writeSSE({ data: JSON.stringify({ changed: [] } satisfies LiveChange) });
      for (let round = 1; !stream.aborted; round++) {
        await stream.sleep(intervalMs);
        if (round % searchEvery === 0) await folder.refresh();
        const now = await revisions(folder);
        const changed = round % silenceEvery === 0 ? [...now.keys()] : differing(known, now);
        known = now;
        if (changed.length === 0) continue;
        await stream.writeSSE({ data: JSON.stringify({ changed } satisfies LiveChange) });
      }
    }),
  );
}

async function revisions(folder: RunFolder): Promise<ReadonlyMap<string, string>> {
  const locks = await heldLocks();
  const pairs = folder.all.map(
    async (run): Promise<[string, string]> => [run.id, await run.revision(locks)],
  );
  return new Map(await Promise.all(pairs));
}

/** Runs that are in one of the two only, or other than before. */
function differing(
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): string[] {
  const ids = new Set([...before.keys(), ...now.keys()]);
  return [...ids].filter((id) => before.get(id) !== now.get(id));
}
