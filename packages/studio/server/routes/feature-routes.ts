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
import type { FeatureMap, SimilarImages, StageMaps } from '../../shared/protocol.js';
import { NotFoundError } from '../errors.js';
import { GalleryFiles } from '../features/gallery-file.js';
import type { ImageQueries } from '../features/image-queries.js';
import { similarTo } from '../features/neighbours.js';
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
  const files = new GalleryFiles(folder.shown);
  const open = async (context: Context) => files.open(placeOf(context, await runOf(context)));

  app.get('/api/runs/:id/features/:name', async (context) => {
    const { gallery } = await open(context);
    const { paths, labels, channels, components, explained } = gallery;
    const { classes, stages } = gallery.origin;
    const map = { paths, labels, classes, stages, channels, components, explained };
    return context.json<FeatureMap>(map);
  });
  app.get('/api/runs/:id/features/:name/components', async (context) => {
    const { buffer } = await (await open(context)).components();
    return context.body(buffer as ArrayBuffer, 200, { 'Content-Type': 'application/octet-stream' });
  });
  app.get('/api/runs/:id/features/:name/pictures/:image', async (context) => {
    const picture = await (await open(context)).picture(naturalOf(context.req.param('image')));
    // The address holds the version of the file.
    context.header('Cache-Control', 'private, max-age=86400, immutable');
    return context.body(new Uint8Array(picture), 200, { 'Content-Type': 'image/jpeg' });
  });
  app.get('/api/runs/:id/features/:name/similar/:image', async (context) => {
    const file = await open(context);
    const image = naturalOf(context.req.param('image'));
    if (image >= file.gallery.paths.length) {
      throw new NotFoundError(`Expected an image of the file but got ${image}.`);
    }
    const rows = { values: await file.features(), channels: file.gallery.channels };
    return context.json<SimilarImages>({ similar: similarTo(image, rows, shown) });
  });
  const limit = bodyLimit({
    maxSize: largestImage,
    onError: (context) =>
      context.text(`Expected an image of at most ${largestImage / 2 ** 20} MB.`, 422),
  });
  app.post('/api/runs/:id/features/:name/similar', limit, async (context) => {
    const run = await runOf(context);
    const parts = placeOf(context, run);
    const { gallery } = await files.open(parts);
    const index = await folder.shown.resolve(...parts);
    const from = await folder.shown.resolve(run.path);
    const report = await queries.withImage(context.req.raw, (paths, query) =>
      query('similar', from, paths.image, '--index', index, '--count', `${shown}`),
    );
    const places = new Map(gallery.paths.map((path, place) => [path, place]));
    const similar = similarReport.parse(report).neighbours.flatMap(({ path, similarity }) => {
      const place = places.get(path);
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
