import { describe, expect, test } from 'vitest';
import { parsePretrainRecipe } from '../../recipes/parse.js';
import { resolve } from '../../recipes/plan.js';
import { modelRecipe } from '../../recipes/pretrain/named.js';
import type { PretrainEvent, WatchLine } from '../../tasks/pretrain/events.js';
import type { Metrics } from '../../training/run-files/metrics-line.js';
import { showOnTerminal } from './progress.js';

const metrics: Metrics = {
  kind: 'step',
  step: 1200,
  epoch: 3.25,
  loss: 0.61234,
  learningRate: 1.5e-4,
  gradientNorm: 1,
  imagesPerSecond: 12.34,
  dataWaitSeconds: 0.2,
  residentBytes: 1.51e9,
  peakTensorBytes: 1e9,
  elapsedSeconds: 60,
};

const scores: WatchLine = {
  kind: 'watch',
  step: 1500,
  epoch: 4,
  rankMe: 31.41,
  neighbours: 0.625,
  linearProbe: null,
  seconds: 2,
};

describe('showOnTerminal', () => {
  test('keeps steps on one line, as wide as the terminal, and everything else', () => {
    let written = '';
    const write = (text: string | Uint8Array) => {
      written += text;
      return true;
    };
    const show = showOnTerminal({ columns: 60, write });
    const events: PretrainEvent[] = [
      { kind: 'step', metrics, logged: false, secondsLeft: 4000 },
      { kind: 'skipped', image: { step: 1200, path: 'a.jpg', reason: 'empty' } },
      { kind: 'checkpoint', path: 'here', step: 1200 },
      { kind: 'watched', scores },
    ];
    for (const event of events) show(event);
    expect(written.split('\r\u001b[2K')).toEqual([
      '',
      'epoch 3.25  step 1,200  loss 0.6123  lr 0.000150  12.3 imag',
      'Skipped a.jpg: it is empty.\n',
      'epoch 4.00  feature rank 31.41  nearest neighbours 62.5 %\n',
    ]);
  });

  test('says which of several processes is the slowest', () => {
    let written = '';
    const write = (text: string | Uint8Array) => {
      written += text;
      return true;
    };
    const processes = {
      imagesPerSecond: [8, 4],
      dataWaitSeconds: [0, 0.1],
      exchangeSeconds: [1, 0.1],
      slowest: 1,
    };
    const step = { kind: 'step', logged: true, secondsLeft: 60 } as const;
    showOnTerminal({ columns: 200, write })({ ...step, metrics: { ...metrics, processes } });
    expect(written).toContain('data wait 0.2 s  2 processes, slowest 1  1.5 GB');
  });

  test.each(['f32', 'bf16'] as const)('says that products are in %s', (precision) => {
    let written = '';
    const write = (text: string | Uint8Array) => {
      written += text;
      return true;
    };
    const plan = resolve(parsePretrainRecipe({ ...modelRecipe('swin-micro'), batchSize: 8 }), {
      images: 20,
    });
    const counts = { images: 20, ignored: 0, parameters: 1.25e6, step: 0 };
    const show = showOnTerminal({ columns: 60, write });
    show({ kind: 'started', directory: 'run', plan, remarks: [], precision, ...counts });
    expect(written).toMatch(new RegExp(`learning rate \\S+, products in ${precision}\n`));
  });
});
