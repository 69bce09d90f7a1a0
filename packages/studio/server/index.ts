/** `um-mae studio`: shows run directories in a browser. Only reads them, and loads no libtorch. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type ServerType } from '@hono/node-server';
import { heldLocks, UmMaeError, withFileErrors } from 'um-mae/runs';
import { accessFor } from './access.js';
import { createApp } from './app.js';
import { ServeError } from './errors.js';
import { ShownFolder } from './files/inside.js';
import { RunFolder } from './runs/run-folder.js';

export interface StudioOptions {
  /** The folder of runs, or one run. */
  readonly folder: string;
  /** `127.0.0.1`: this machine only; for any other, a token is part of the address. */
  readonly host: string;
  /**
   * The program of um-mae, which the studio runs for images of the user, as these need libtorch.
   * Without it there is none of that.
   */
  readonly program?: string | undefined;
  /** The program as users type it, for hints on the page. Default `um-mae`. */
  readonly command?: string | undefined;
  /** 0: any that is free. */
  readonly port: number;
}

/** A studio that is being served. */
export interface Studio {
  /** The address of the server, with the token if there is one. */
  readonly url: string;
  /** The folder as the user wrote it. */
  readonly folder: string;
  /** The number of runs found at the start. */
  readonly runs: number;
  close(): Promise<void>;
}

/**
 * @throws UmMaeError when the folder is not there, is one run of a newer version, or the port is
 *   taken
 */
export async function serveStudio(options: StudioOptions): Promise<Studio> {
  const { folder, host, port, program, command = 'um-mae' } = options;
  const runs = new RunFolder(
    await withFileErrors({ verb: 'read', path: folder, as: ServeError }, () =>
      ShownFolder.open(folder),
    ),
  );
  await runs.refresh();
  await refuseOnlyUnreadable(runs);
  const access = accessFor(host);
  const server = createAdaptorServer({
    fetch: createApp(runs, { access, program, command }).fetch,
  });
  await listen(server, { host, port });
  // Reads ahead, so that the list is ready when the page opens. Later requests report failures.
  runs.summaries().catch(() => {});
  const { port: taken } = server.address() as AddressInfo;
  const query = access.token === undefined ? '' : `?token=${access.token}`;
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${name}:${taken}/${query}`,
    folder,
    runs: runs.all.length,
    async close() {
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await once(server, 'close');
      await runs.close();
    },
  };
}

/** Refuses to serve a single run that cannot be read. Among others, the list shows its problem. */
async function refuseOnlyUnreadable(folder: RunFolder): Promise<void> {
  const [only] = folder.all;
  if (only?.path !== '.') return;
  const { problem } = await only.summary(await heldLocks());
  if (problem) throw new UmMaeError('layout', `${folder.shown.name}: ${problem}`);
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken by another program',
  EACCES: 'is only for the administrator of this machine',
  EADDRNOTAVAIL: 'is at an address that this machine does not have',
  ENOTFOUND: 'is at an address that is not known',
};

async function listen(
  server: ServerType,
  { host, port }: Pick<StudioOptions, 'host' | 'port'>,
): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const reason = reasons[code];
    if (reason === undefined) throw cause;
    throw new ServeError(
      `Expected a free port ${port} of ${host} but it ${reason}.\nChoose another with --port, or --host.`,
      { cause },
    );
  }
}
