/** Pictures of runs: those that the run has written, found by their epoch. */
import type { Hono } from 'hono';
import { RunDirectory } from 'um-mae/runs';
import { NotFoundError } from '../errors.js';
import { readSmall } from '../files/read.js';
import type { RunFolder } from '../runs/run-folder.js';

const mostBytes = 2 ** 26;

export function addPictureRoutes(app: Hono, folder: RunFolder): void {
  app.get('/api/runs/:id/pictures/:epoch', async (context) => {
    const run = await folder.find(context.req.param('id'));
    const epoch = context.req.param('epoch');
    if (!/^\d{1,9}$/.test(epoch)) throw new NotFoundError('Expected the number of an epoch.');
    const name = new RunDirectory('').sheet(Number(epoch));
    const png = await folder.shown.withFile(run.place(name), (file) =>
      readSmall(file, { mostBytes }),
    );
    // The address holds the version of the file.
    context.header('Cache-Control', 'private, max-age=86400, immutable');
    return context.body(new Uint8Array(png), 200, { 'Content-Type': 'image/png' });
  });
}
