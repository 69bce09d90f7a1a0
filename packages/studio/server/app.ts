/** Every request passes the guard; then the routes. */
import { Hono } from 'hono';
import { UmMaeError } from 'um-mae/runs';
import { type Access, guard } from './access.js';
import { ConflictError, NotFoundError } from './errors.js';
import { ImageQueries } from './features/image-queries.js';
import { servePage } from './page.js';
import { addFeatureRoutes } from './routes/feature-routes.js';
import { addLiveRoutes } from './routes/live-routes.js';
import { addNoteRoutes } from './routes/note-routes.js';
import { addPictureRoutes } from './routes/picture-routes.js';
import { addRunRoutes } from './routes/run-routes.js';
import type { RunFolder } from './runs/run-folder.js';

interface AppOptions {
  readonly access: Access;
  /** The program of um-mae. */
  readonly program: string | undefined;
  /** The program as users type it. */
  readonly command: string;
}

export function createApp(folder: RunFolder, { access, program, command }: AppOptions): Hono {
  const app = new Hono();
  app.use(guard(access));
  addRunRoutes(app, folder, command);
  addNoteRoutes(app, folder);
  addPictureRoutes(app, folder);
  addFeatureRoutes(app, folder, new ImageQueries(program));
  addLiveRoutes(app, folder);
  servePage(app);
  app.onError((error, context) => {
    if (error instanceof NotFoundError) return context.text(error.message, 404);
    if (error instanceof ConflictError) return context.text(error.message, 409);
    if (error instanceof UmMaeError) return context.text(error.message, 422);
    return context.text(`Expected an answer but the studio failed: ${error.message}.`, 500);
  });
  return app;
}
