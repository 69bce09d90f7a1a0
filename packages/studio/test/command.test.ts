/** `um-mae studio` as a user types it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { platform } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { serveStudio } from '../server/index.js';
import { stepLines, temporaryFolder, writeRun } from './testing/run-directories.js';
import { startUmMae, umMae } from './testing/um-mae.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
writeRun(at('runs/first'));
writeRun(at('newer'), { environment: { layout: 2 }, lines: stepLines(1) });
writeFileSync(at('file'), '');

describe('um-mae studio', () => {
  test('prints where it is, and ends with a signal', async () => {
    const running = startUmMae('studio', at('runs'), '--port', '0');
    const line = await running.firstLine;
    expect(line).toMatch(/^1 run in .*runs: http:\/\/127\.0\.0\.1:\d+\/$/);
    const page = await fetch(line.split(': ')[1] ?? '');
    expect(await page.text()).toContain('<title>um-mae studio</title>');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    if (platform() === 'linux') {
      const libraries = readFileSync(`/proc/${running.child.pid}/maps`, 'utf8');
      expect(libraries).not.toContain('torch');
    }
    running.child.kill('SIGTERM');
    expect(await running.outcome).toMatchObject({
      code: 143,
      stderr: 'Stopped by a signal.\n',
    });
  });

  test('says of a missing folder that it cannot be served, and not that weights are damaged', async () => {
    const options = { folder: at('gone'), host: '127.0.0.1', port: 0 };
    await expect(serveStudio(options)).rejects.toMatchObject({ name: 'ServeError', code: 'serve' });
  });

  test('serves an empty folder, and says that it is one', async () => {
    const running = startUmMae('studio', temporaryFolder(), '--port', '0');
    expect(await running.firstLine).toMatch(/^No runs yet in .*: http:/);
    running.child.kill();
    await running.outcome;
  });

  test.each([
    [
      'a missing folder',
      [at('gone')],
      /^um-mae: Expected to read .*gone but got: no such file or directory\.\n$/,
    ],
    ['a file', [at('file')], /^um-mae: Expected a folder of runs at `.*file` but got a file\.\n$/],
    [
      'a run of a newer version',
      [at('newer')],
      /^um-mae: .*newer: Expected a run directory of layout 1 but got 2: .*\.\n$/,
    ],
    [
      'an empty name',
      [''],
      /argument value '' is invalid for argument 'folder'\. Expected a path\.\n$/,
    ],
    [
      'a port that is none',
      [at('runs'), '--port', '70000'],
      /argument '70000' is invalid\. Expected a whole number from 0 to 65535\.\n$/,
    ],
    [
      'an address of another machine',
      [at('runs'), '--host', '192.0.2.1', '--port', '0'],
      /^um-mae: Expected a free port 0 of 192\.0\.2\.1 but it is at an address that this machine does not have\.\n/,
    ],
  ])('refuses %s', async (_, args, sentence) => {
    const { code, stdout, stderr } = await umMae('studio', ...args);
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(sentence);
  });

  test('refuses a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? `${address?.port}` : '';
    const { code, stderr } = await umMae('studio', at('runs'), '--port', port);
    server.close();
    expect(code).toBe(2);
    expect(stderr).toBe(
      `um-mae: Expected a free port ${port} of 127.0.0.1 but it is taken by another program.\nChoose another with --port, or --host.\n`,
    );
  });
});
