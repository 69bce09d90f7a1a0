/** The server of the example, as `npm run example:browser` starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The program that serves the example. */
export const serveScript = fileURLToPath(new URL('../../scripts/serve.mjs', import.meta.url));

/** Starts the server on a free port. */
export async function serve(model: string): Promise<{ server: ChildProcess; address: string }> {
  const args = [serveScript, model, '--port', '0'];
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const address = await new Promise<string>((resolve) => {
    server.stdout.once('data', (text) => resolve(`${text}`.trim()));
  });
  return { server, address };
}
