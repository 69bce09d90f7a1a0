import { describe, expect, test } from 'vitest';
import type { StepProfile } from '../../bench/step-benchmark.js';
import { precisionOn } from '../../training/steps/precision.js';
import { umMae, umMaeAlone } from '../testing/command-line.js';

describe('um-mae bench', () => {
  test('prints one JSON object with every figure', async () => {
    const { stdout, code } = await umMaeAlone(
      ...'bench --model swin-micro --batch-size 2 --counted 2 --warm-up 1 --json'.split(' '),
      ...['--precision', 'auto'],
    );
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(report).toMatchObject({
      model: 'swin-micro',
      method: 'um-mae',
      batchSize: 2,
      imageSize: 64,
      device: 'cpu',
      precision: precisionOn('cpu', { precision: 'auto' }),
    });
    const figures = [
      'threads',
      'imagesPerSecond',
      'sustainedImagesPerSecond',
      'stepSeconds',
      'peakMemoryBytes',
      'flopsPerSecond',
      'matmulPeakFlops',
      'peakFraction',
    ];
    for (const name of figures) expect(report[name], name).toBeGreaterThan(0);
    const ofGpus = { deviceMemoryBytes: null, reservedDeviceBytes: null };
    expect(report).toMatchObject(ofGpus);
    expect(Object.keys(report)).toHaveLength(6 + figures.length + Object.keys(ofGpus).length);
  });
});

describe('um-mae bench table', () => {
  test('prints a row for every figure that the project answers for', async () => {
    const { stdout, stderr, code } = await umMaeAlone(
      ...'bench table --images 1 --counted 1 --json'.split(' '),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const rows: Record<string, unknown>[] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows.map(({ name }) => name)).toEqual([
      'machine',
      ...['swin-tiny um-mae', 'pvt-small um-mae', 'vit-base mae, 2 blocks', 'swin-tiny simmim'],
      ...['um-mae, checkpointing', 'swin-tiny UPerNet 512'],
      ...['swin-tiny Mask R-CNN', 'engine'],
    ]);
    const [machine, ...measured] = rows;
    expect(machine).toMatchObject({
      processor: expect.any(String),
      instructions: expect.any(Array),
      versions: { libtorch: expect.any(String) },
      products: { openblas: expect.toBeOneOf([null, expect.stringMatching(/^\d/)]) },
    });
    for (const row of measured) {
      expect(row.batchSize).toBe(row.method === 'segmentation' ? 2 : 1);
      const figures =
        row.name === 'engine'
          ? ['callSeconds', 'forwardSeconds', 'composedForwardSeconds']
          : ['imagesPerSecond', 'peakFraction', 'peakMemoryBytes'];
      for (const figure of figures) expect(row[figure], figure).toBeGreaterThan(0);
    }
  });
});

test('um-mae bench table refuses a device that is not there before it measures', async () => {
  const { code, stderr } = await umMae('bench', 'table', '--device', 'cuda:99', '--json');
  expect(code).toBe(2);
  expect(stderr).toMatch(/^um-mae: Expected device cuda:99 but /);
});

describe('um-mae bench --profile', () => {
  test('tells operators and modules of one step', async () => {
    const { stdout, code } = await umMaeAlone(
      ...'bench --model swin-micro --batch-size 2 --warm-up 1 --profile'.split(' '),
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^one step {2}\d+\.\d\d s\n/);
    expect(stdout).toMatch(
      / pass {6}operator\n( +[\d.]+ +[\d.]+ % +\d+ +[\d.]+ .B (back|for)ward .*\n)+/,
    );
    expect(stdout).toMatch(
      / pass {6}module\n( +[\d.]+ +[\d.]+ % +\d+ +[\d.]+ .B (back|for)ward .*\n)+$/,
    );
  });

  test('prints one JSON object whose parts sum to the step at most', async () => {
    const options = 'bench --model swin-micro --batch-size 2 --warm-up 1 --profile --json';
    const { stdout } = await umMaeAlone(...options.split(' '));
    const step = JSON.parse(stdout) as StepProfile;
    for (const shares of [step.operators, step.modules]) {
      const seconds = shares.reduce((sum, share) => sum + share.seconds, 0);
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(1.05 * step.seconds);
    }
    const names = (shares: StepProfile['operators'], inBackward: boolean) =>
      shares.filter(({ backward }) => backward === inBackward).map(({ name }) => name);
    expect(names(step.operators, true)).toContain('aten::native_layer_norm_backward');
    expect(names(step.modules, false)).toContain('blocks.*.mlp.fc1');
  });
});

test('um-mae bench segmentation profiles a step of UPerNet', async () => {
  const options = '--model swin-micro --size 64 --warm-up 1 --profile --json'.split(' ');
  const { stdout, code } = await umMae('bench', 'segmentation', ...options);
  expect(code).toBe(0);
  const { modules } = JSON.parse(stdout) as StepProfile;
  expect(modules.map(({ name }) => name)).toContain('decode_head.fpn_bottleneck.conv');
});

test('um-mae bench detection profiles a step of GFL', async () => {
  const options = '--task detection --model swin-micro --size 64 --warm-up 1 --profile --json';
  const { stdout, code } = await umMae('bench', 'detection', ...options.split(' '));
  expect(code).toBe(0);
  const { modules } = JSON.parse(stdout) as StepProfile;
  expect(modules.map(({ name }) => name)).toContain('bbox_head.gfl_cls');
});

describe('um-mae bench compare', () => {
  test('prints one JSON object per model', async () => {
    const options = '--models swin-micro --batch-size 1 --rounds 1 --counted 1 --json';
    const { stdout, code } = await umMaeAlone('bench', 'compare', ...options.split(' '));
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(report.model).toBe('swin-micro');
    for (const name of ['timeRatio', 'memoryRatio']) expect(report[name]).toBeGreaterThan(0);
  });

  test('refuses a model that is not there before it measures', async () => {
    const { stderr, code } = await umMaeAlone('bench', 'compare', '--models', 'swin-mic');
    expect(stderr).toContain('did you mean `swin-micro`?');
    expect(code).toBe(2);
  });

  test('refuses to trace what is no GPU', async () => {
    const options = 'bench --trace --model swin-micro --batch-size 2'.split(' ');
    const { code, stderr } = await umMae(...options);
    expect(stderr).toBe(
      'um-mae: Expected a CUDA device, and an addon built with CUDA, for a trace but got cpu; use --profile there.\n',
    );
    expect(code).toBe(2);
  });
});

describe('um-mae bench masks', () => {
  test('prints one JSON object with every figure', async () => {
    const args = ['bench', 'masks', '--images', '1', '--size', '32', '--workers', '1'];
    const { code, stdout, stderr } = await umMae(...args, '--python', 'no-python', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ size: 32, workers: 1, opencv: null, ratio: null });
    for (const name of ['imagesPerSecond', 'imagesPerProcessorSecond']) {
      expect(report[name], name).toBeGreaterThan(0);
    }
  });
});
