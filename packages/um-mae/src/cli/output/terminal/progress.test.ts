import { describe, expect, test, vi } from 'vitest';
import { parsePretrainRecipe } from '../../../recipes/parse.js';
import { modelRecipe } from '../../../recipes/pretrain/named.js';
import { resolve } from '../../../recipes/schedule/plan.js';
import type { PretrainEvent, WatchLine } from '../../../tasks/pretrain/events.js';
import type { Metrics } from '../../../training/run-files/metrics/metrics-line.js';
import { showOnTerminal } from './progress.js';
import { StatusLine } from './status-line.js';

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

const step = { kind: 'step', metrics, logged: false, secondsLeft: 4000 } as const;

/** A run of 1200 epochs of 2 steps. */
function started(precision: 'f32' | 'bf16' = 'f32', from: string | null = null): PretrainEvent {
  const recipe = { ...modelRecipe('swin-micro'), from, batchSize: 8, duration: { epochs: 1200 } };
  const plan = resolve(parsePretrainRecipe(recipe), { images: 20 });
  const counts = { images: 20, ignored: 0, parameters: 1.25e6, step: 0 };
  const basics = { directory: 'run', plan, remarks: [], fit: null };
  return { kind: 'started', precision, ...basics, ...counts };
}

/** Everything that is written to a terminal of so many columns, by what erases a line. */
function shown(columns: number, events: readonly PretrainEvent[]): string[] {
  const pieces: string[] = [];
  const write = (text: string | Uint8Array) => pieces.push(`${text}`) > 0;
  const show = showOnTerminal({ columns, write });
  for (const event of events) show(event);
  return pieces.join('').split('\r\u001b[2K').slice(1);
}

describe('showOnTerminal', () => {
  test.each([
    [
      36,
      /\nIn 36 steps features hardly form.*\n {2}um-mae pretrain --extend --out run --epochs N\n$/,
    ],
    [500, /\n {2}um-mae reconstruct run IMAGE --out sheet\.png\n$/],
  ])('says of a pre-training of %i steps whether it was short', (step, end) => {
    const facts = { command: 'pretrain', task: 'pretrain', directory: 'run', best: null } as const;
    const summary = { ...facts, step, loss: 1, elapsedSeconds: 4, skipped: [] };
    expect(shown(80, [{ kind: 'finished', summary }]).join('')).toMatch(end);
    const warm = started('f32', 'published.pth');
    expect(shown(80, [warm, { kind: 'finished', summary }]).join('')).not.toContain('hardly form');
  });

  test('keeps steps on one line, and everything else', () => {
    const events: PretrainEvent[] = [
      step,
      { kind: 'skipped', image: { step: 1200, path: 'a.jpg', reason: 'empty' } },
      { kind: 'checkpoint', path: 'here', step: 1200 },
      { kind: 'watched', scores },
    ];
    expect(shown(60, [started(), ...events]).slice(1)).toEqual([
      '       left    done    epoch       step      loss  images/s\n',
      '  1 h 7 min  50.0 %     3.25      1,200    0.6123      12.3',
      'Skipped a.jpg: it is empty.\n',
      'epoch 4.00  feature rank 31.41  nearest neighbours 62.5 %\n',
    ]);
  });

  test.each([
    [40, ['left', 'done', 'loss']],
    [60, ['left', 'done', 'epoch', 'step', 'loss', 'images/s']],
    [80, ['left', 'done', 'epoch', 'step', 'loss', 'lr', 'images/s']],
    [100, ['left', 'done', 'epoch', 'step', 'loss', 'lr', 'images/s', 'data wait', 'memory']],
  ])('fits columns under one head into %i columns', (columns, heads) => {
    const epoch = { ...metrics, kind: 'epoch' } as const;
    const ends = { kind: 'epoch', metrics: epoch, sheet: '' } as const;
    const lines = shown(columns, [started(), step, ends, step, ends])
      .slice(1)
      .map((line) => line.replace(/\n$/, ''));
    const [head = '', ...rows] = lines;
    expect(head.trim().split(/ {2,}/)).toEqual(heads);
    expect(rows.map((row) => row.slice(0, 11).trim())).toEqual([
      '1 h 7 min',
      'epoch mean',
      '1 h 7 min',
      'epoch mean',
    ]);
    expect(rows[1]?.slice(19)).toBe(rows[0]?.slice(19));
    for (const line of lines) expect(line.length).toBeLessThan(columns);
  });

  test('breaks scores between them', () => {
    expect(shown(50, [{ kind: 'watched', scores }])).toEqual([
      'epoch 4.00  feature rank 31.41\n  nearest neighbours 62.5 %\n',
    ]);
  });

  test('says which of several processes is the slowest', () => {
    const processes = {
      imagesPerSecond: [8, 4],
      dataWaitSeconds: [0, 0.1],
      exchangeSeconds: [1, 0.1],
      slowest: 1,
    };
    const [head, row] = shown(80, [{ ...step, metrics: { ...metrics, processes } }]);
    expect(head).toMatch(/ images\/s {2}slowest\n$/);
    expect(row).toMatch(/ 12\.3 {3}1 of 2$/);
  });

  test('says once how long a run takes, and of a long one how to shorten it', () => {
    const estimated = { kind: 'estimated', step: 10 } as const;
    expect(shown(200, [started(), { ...estimated, secondsLeft: 4e5 }])[1]).toBe(
      'By its first steps, this run of 1200 epochs has about 4 d 15 h to go. Shorten it by fewer --epochs, a smaller --image-size or a smaller --model.\n',
    );
    expect(shown(50, [started(), { ...estimated, secondsLeft: 120 }])[1]).toBe(
      'By its first steps, this run of 1200 epochs has\n  about 2 min to go.\n',
    );
    expect(shown(80, [started(), { ...estimated, secondsLeft: 20 }])).toHaveLength(1);
  });

  test.each(['f32', 'bf16'] as const)('says that products are in %s', (precision) => {
    expect(shown(80, [started(precision)])[0]).toMatch(
      new RegExp(`learning rate \\S+, products in ${precision}\n`),
    );
  });
});

describe('StatusLine', () => {
  test('shows time left and share on a terminal, and nothing elsewhere so soon', () => {
    let written = '';
    const output = { columns: 30, write: (text: string) => (written += text) };
    const quiet = new StatusLine('computed', output);
    quiet.show(10, 1000);
    expect(written).toBe('');
    const status = new StatusLine('computed', { ...output, isTTY: true });
    status.show(10, 1000);
    expect(written).toBe('\r\u001b[2K? left  1.0 %  10 of 1,000 co');
    status.clear();
    expect(written.endsWith('\r\u001b[2K')).toBe(true);
    const before = written;
    status.clear();
    expect(written).toBe(before);
  });

  test('adds a line every half a minute elsewhere, counted from what came before', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const lines: string[] = [];
    const status = new StatusLine('evaluated', { write: (text) => lines.push(text) });
    const showAfter = (seconds: number, done: number) => {
      vi.advanceTimersByTime(1000 * seconds);
      status.show(done, 400);
    };
    vi.advanceTimersByTime(3_600_000);
    status.clear();
    showAfter(5, 100);
    showAfter(20, 200);
    showAfter(20, 300);
    showAfter(20, 400);
    expect(lines).toEqual(['20 s left  75.0 %  300 of 400 evaluated\n']);
    vi.useRealTimers();
  });
});
