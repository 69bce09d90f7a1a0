/** `um-mae studio`: shows run directories in a browser. Only reads them, and loads no libtorch. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { createApp } from './app.js';

export interface StudioOptions {
  /** Where runs are, in it or below. */
  readonly folder: string;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** A studio that is being served. */
export interface Studio {
  /** Where it is. */
  readonly url: string;
  readonly folder: string;
  /** Runs found at the beginning. */
  readonly runs: number;
  close(): Promise<void>;
}

export async function serveStudio({ folder, host, port }: StudioOptions): Promise<Studio> {
  const server = createAdaptorServer({ fetch: createApp({ folder }).fetch });
  server.listen(port, host);
  await once(server, 'listening');
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${taken}/`,
    folder,
    runs: 0,
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}
