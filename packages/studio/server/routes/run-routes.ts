/** Routes that give runs as JSON. */

import type { Context, Hono } from 'hono';
import { RunDirectory } from 'um-mae/runs';
import type { LogText, RecipeValues, RunDetails } from '../../shared/protocol/run-details.js';
import type { RunList } from '../../shared/protocol/runs.js';
import { type Axis, axes } from '../../shared/protocol/series.js';
import { NotFoundError } from '../errors.js';
import { readTail } from '../files/read.js';
import type { SeriesRequest } from '../metrics/series.js';
import { valuesOf } from '../runs/recipe-values.js';
import { detailsOf } from '../runs/run-details.js';
import type { RunFolder } from '../runs/run-folder.js';
import { resultsOf } from '../runs/run-results.js';

const logBytes = 2 ** 16;
/** Runs whose recipes are compared at once. */
const mostCompared = 100;

/** @param command the program as users type it */
export function addRunRoutes(app: Hono, folder: RunFolder, command: string): void {
  const runOf = (context: Context) => folder.find(context.req.param('id') ?? '');

  app.get('/api/runs', async (context) => {
    await folder.refresh();
    return context.json<RunList>({ folder: folder.shown.name, command, runs: await folder.list() });
  });
  app.get('/api/runs/:id', async (context) =>
    context.json<RunDetails>(await detailsOf(await runOf(context), folder, command)),
  );
  app.get('/api/runs/:id/series', async (context) => {
    const run = await runOf(context);
    const { metrics } = new RunDirectory('');
    const series = await folder.numbers.series(run.place(metrics), seriesRequest(context));
    return context.body(series, 200, { 'Content-Type': 'application/json' });
  });
  app.get('/api/runs/:id/results', async (context) =>
    context.body(await resultsOf(await runOf(context), folder.shown), 200, {
      'Content-Type': 'application/json',
    }),
  );
  app.get('/api/runs/:id/logs/:number', async (context) => {
    const run = await runOf(context);
    const name = (await run.logs())[Number(context.req.param('number'))];
    if (name === undefined) throw new NotFoundError('Found no such log.');
    const tail = await folder.shown.withFile(run.place(name), (file) => readTail(file, logBytes));
    return context.json<LogText>({ name, ...tail });
  });
  app.get('/api/values', async (context) => {
    const ids = (context.req.query('runs') ?? '').split(',').slice(0, mostCompared);
    const runs = await Promise.all(ids.map((id) => folder.find(id)));
    return context.json<RecipeValues>(valuesOf(await Promise.all(runs.map((run) => run.recipe()))));
  });
}

function seriesRequest(context: Context): SeriesRequest {
  const number = (name: string) => Number(context.req.query(name) ?? Number.NaN);
  const points = Math.min(Math.max(number('points') || 600, 2), 4000);
  const axis: Axis | undefined = axes.find((name) => name === context.req.query('axis'));
  const [from, to] = [number('from'), number('to')];
  const isAsked = axis !== undefined && Number.isFinite(from) && Number.isFinite(to);
  return { points: Math.floor(points), range: isAsked ? { axis, from, to } : undefined };
}
