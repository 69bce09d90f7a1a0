/** The routes. */
import { Hono } from 'hono';
import type { RunList } from '../shared/protocol.js';
import { servePage } from './page.js';

export interface AppOptions {
  /** Where runs are. */
  readonly folder: string;
}

export function createApp({ folder }: AppOptions): Hono {
  const app = new Hono();
  app.get('/api/runs', (context) => context.json<RunList>({ folder, runs: [] }));
  servePage(app);
  return app;
}
