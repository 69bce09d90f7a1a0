/** Tags and notes of runs: the only routes that change a run directory. */
import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { UmMaeError } from 'um-mae/runs';
import type { RunNotes } from '../../shared/protocol/runs.js';
import type { RunFolder } from '../runs/run-folder.js';
import { writeNotes } from '../runs/run-notes.js';

const largestBody = 2 ** 17;

export function addNoteRoutes(app: Hono, folder: RunFolder): void {
  const limit = bodyLimit({
    maxSize: largestBody,
    onError: (context) => context.text(`Expected notes of at most ${largestBody} bytes.`, 422),
  });
  app.put('/api/runs/:id/notes', limit, async (context) => {
    const run = await folder.find(context.req.param('id'));
    // Forms of other pages cannot send this type.
    if (!context.req.header('content-type')?.startsWith('application/json')) {
      throw new UmMaeError('notes', 'Expected notes as application/json but got another type.');
    }
    const written: unknown = await context.req.json().catch(() => undefined);
    return context.json<RunNotes>(await writeNotes(folder.shown, run.path, written));
  });
}
