/**
 * Features of runs: where images lie among others, and what an encoder makes of an image of the
 * user's.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { mapsReport, similarReport } from 'um-mae/reports';
import { RunDirectory } from 'um-mae/runs';
import type { SimilarImages, StageMaps } from '../../shared/protocol/features.js';
import { NotFoundError } from '../errors.js';
import type { ImageQueries } from '../features/image-queries.js';
import type { Run } from '../runs/run.js';
import type { RunFolder } from '../runs/run-folder.js';

const shown = 12;
const largestImage = 2 ** 25;

/** @throws NotFoundError unless the text is a whole number from 0 */
function naturalOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new NotFoundError(`Expected the number of an image but got ${text}.`);
}

export function addFeatureRoutes(app: Hono, folder: RunFolder, queries: ImageQueries): void {
  const runOf = (context: Context) => folder.find(context.req.param('id') ?? '');
  const placeOf = (context: Context, run: Run) => {
    const name = context.req.param('name') ?? '';
    if (/[/\\]/.test(name)) throw new NotFoundError('Expected the name of a file of features.');
    return run.place(join(new RunDirectory('').features, name));
  };
  const parts = async (context: Context) => placeOf(context, await runOf(context));
  const { galleries } = folder;
  const json = { 'Content-Type': 'application/json' };

  app.get('/api/runs/:id/features/:name', async (context) =>
    context.body(await galleries.map(await parts(context)), 200, json),
  );
  app.get('/api/runs/:id/features/:name/components', async (context) => {
    const { buffer } = await galleries.components(await parts(context));
    return context.body(buffer, 200, { 'Content-Type': 'application/octet-stream' });
  });
  app.get('/api/runs/:id/features/:name/pictures/:image', async (context) => {
    const image = naturalOf(context.req.param('image'));
    const picture = await galleries.picture(await parts(context), image);
    // The address holds the version of the file.
    context.header('Cache-Control', 'private, max-age=86400, immutable');
    return context.body(picture, 200, { 'Content-Type': 'image/jpeg' });
  });
  app.get('/api/runs/:id/features/:name/similar/:image', async (context) => {
    const image = naturalOf(context.req.param('image'));
    const similar = await galleries.similar(await parts(context), image, shown);
    return context.body(similar, 200, json);
  });
  const limit = bodyLimit({
    maxSize: largestImage,
    onError: (context) =>
      context.text(`Expected an image of at most ${largestImage / 2 ** 20} MB.`, 422),
  });
  app.post('/api/runs/:id/features/:name/similar', limit, async (context) => {
    const run = await runOf(context);
    const parts = placeOf(context, run);
    // A file that is damaged is said to be so, not its image.
    await galleries.places(parts, []);
    const index = await folder.shown.resolve(...parts);
    const from = await folder.shown.resolve(run.path);
    const report = await queries.withImage(context.req.raw, (paths, query) =>
      query('similar', from, paths.image, '--index', index, '--count', `${shown}`),
    );
    const { neighbours } = similarReport.parse(report);
    const paths = neighbours.map(({ path }) => path);
    const places = await galleries.places(parts, paths);
    const similar = neighbours.flatMap(({ similarity }, i) => {
      const place = places[i];
      return place === undefined ? [] : [{ image: place, similarity }];
    });
    return context.json<SimilarImages>({ similar });
  });
  app.post('/api/runs/:id/maps', limit, async (context) => {
    const from = await folder.shown.resolve((await runOf(context)).path);
    const maps = await queries.withImage(context.req.raw, async (paths, query) => {
      const out = join(paths.folder, 'maps');
      const { input, files } = mapsReport.parse(
        await query('maps', from, paths.image, '--out', out),
      );
      const encoded = async (name: string) => (await readFile(join(out, name))).toString('base64');
      const pictures = await Promise.all(
        files.map(async ({ file, ...picture }) => ({ ...picture, png: await encoded(file) })),
      );
      return { input: await encoded(input), pictures };
    });
    return context.json<StageMaps>(maps);
  });
}
