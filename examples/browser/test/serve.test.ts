import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { serveScript } from './testing/example-server.js';

describe('serve', () => {
  test.each([
    [['none.onnx'], /^Expected a model but got no file at none\.onnx\.\n$/],
    [['--port', 'x'], /^Expected a port of 0 to 65535 for `--port` but got x\.\n$/],
    [['--sport', '1'], /^Unknown option '--sport'.*\nusage: npm run example:browser/],
  ])('refuses %s with a sentence', (args, sentence) => {
    const { status, stderr } = spawnSync(process.execPath, [serveScript, ...args], {
      encoding: 'utf8',
    });
    expect(stderr).toMatch(sentence);
    expect(status).toBe(2);
  });
});
