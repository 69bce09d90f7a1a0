import { describe, expect, test } from 'vitest';
import { umMae } from './testing/command-line.js';

describe('um-mae bench', () => {
  test('prints one JSON object with every figure', async () => {
    const { stdout, code } = await umMae(
      ...'bench --model swin-micro --batch-size 2 --counted 2 --warm-up 1 --json'.split(' '),
    );
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(report).toMatchObject({
      model: 'swin-micro',
      method: 'um-mae',
      batchSize: 2,
      imageSize: 64,
      device: 'cpu',
    });
    const figures = [
      'threads',
      'imagesPerSecond',
      'stepSeconds',
      'peakMemoryBytes',
      'flopsPerSecond',
      'matmulPeakFlops',
      'peakFraction',
    ];
    for (const name of figures) expect(report[name], name).toBeGreaterThan(0);
    expect(Object.keys(report)).toHaveLength(5 + figures.length);
  });
});

describe('um-mae bench compare', () => {
  test('prints one JSON object per model', async () => {
    const options = '--models swin-micro --batch-size 1 --rounds 1 --counted 1 --json';
    const { stdout, code } = await umMae('bench', 'compare', ...options.split(' '));
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(report.model).toBe('swin-micro');
    for (const name of ['timeRatio', 'memoryRatio']) expect(report[name]).toBeGreaterThan(0);
  });

  test('refuses a model that is not there before it measures', async () => {
    const { stderr, code } = await umMae('bench', 'compare', '--models', 'swin-mic');
    expect(stderr).toContain('did you mean `swin-micro`?');
    expect(code).toBe(2);
  });
});
