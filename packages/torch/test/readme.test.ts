import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

describe('the README', () => {
  test('shows a training loop that runs and learns', () => {
    const text = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const [, example = ''] = /```ts\n(.*?)```/s.exec(text) ?? [];
    // Inside the package, so that it finds the package by its name.
    const program = fileURLToPath(new URL('./readme-example.mjs', import.meta.url));
    writeFileSync(program, example);
    try {
      const { stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
      expect(stderr).toBe('');
      const losses = [...stdout.matchAll(/^\d+ (.*)$/gm)].map(([, loss]) => Number(loss));
      expect(losses).toHaveLength(4);
      expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 4);
    } finally {
      rmSync(program);
    }
  });
});
