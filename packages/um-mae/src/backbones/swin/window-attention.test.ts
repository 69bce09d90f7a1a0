import { devices, engine, Generator, gradients, randint, randn, type Tensor } from '@um-mae/torch';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import { fullPositions, type Positions } from '../parts/grid/patch-grid.js';
import { windowing } from '../parts/grid/windows.js';
import { positionPairs } from './position-bias.js';
import { composedWindowAttention, windowAttention } from './window-attention.js';

const generator = new Generator(7);

function random(...shape: number[]): Tensor {
  const made = randn(shape, { generator });
  made.requiresGrad = true;
  return made;
}

/** Positions that differ from image to image, as compact grids have them. */
function scattered(batch: number, height: number, width: number): Positions {
  const within = (high: number) =>
    randint(0, high, [batch, height, width], { generator, dtype: 'i64' });
  return {
    row: within(2 * height),
    column: within(2 * width),
    full: [2 * height, 2 * width],
    squareSide: 1,
  };
}

describe('windowAttention', () => {
  test.each([
    { batch: 2, height: 8, width: 12, window: 4, shifted: false, heads: 3, channels: 32 },
    { batch: 3, height: 8, width: 8, window: 4, shifted: true, heads: 2, channels: 16 },
    { batch: 2, height: 7, width: 10, window: 4, shifted: true, heads: 1, channels: 5 },
    { batch: 1, height: 3, width: 9, window: 7, shifted: false, heads: 2, channels: 20 },
    { batch: 1, height: 32, width: 16, window: 16, shifted: false, heads: 2, channels: 32 },
  ])(
    'equals its composition: windows of $window on $height x $width, shifted: $shifted',
    (case_) => {
      const { batch, height, width, window, shifted, heads, channels } = case_;
      const windows = windowing([height, width], window, shifted);
      const full = fullPositions(height, width, 'cpu');
      for (const positions of [full, scattered(batch, height, width)]) {
        const pairs = positionPairs({ positions, scale: 1 }, windows);
        const layout = { windows, pairs };
        const inputs = [
          random(batch, height, width, 3 * heads * channels),
          random(heads, pairs.differences.elements / 2),
        ] as const;
        const fused = windowAttention(...inputs, layout);
        const composed = composedWindowAttention(...inputs, layout);
        expectClose(fused, composed, { atol: 2e-6 });
        const above = randn(composed.shape, { generator });
        const found = gradients(fused, inputs, above);
        for (const [i, expected] of gradients(composed, inputs, above).entries())
          expectClose(found[i] as Tensor, expected as Tensor, { atol: 5e-5 });
      }
    },
  );

  test('has the same gradients every time', () => {
    const windows = windowing([16, 16], 4, true);
    const pairs = positionPairs({ positions: scattered(4, 16, 16), scale: 1 }, windows);
    const inputs = [random(4, 16, 16, 96), random(1, pairs.differences.elements / 2)] as const;
    const [first, second] = [0, 1].map(() =>
      gradients(
        windowAttention(...inputs, { windows, pairs })
          .square()
          .sum(),
        inputs,
      ),
    );
    for (const [i, gradient] of first?.entries() ?? [])
      expectClose(second?.[i] as Tensor, gradient as Tensor, { atol: 0 });
    expect(first).toHaveLength(2);
  });
});

describe.each([
  ['cpu', engine().isFastInHalf],
  ['cuda', devices().includes('cuda:0')],
] as const)('windowAttention in bf16 on %s (where that has it)', (device, isThere) => {
  test.skipIf(!isThere).each([
    { grid: 32, window: 8, shifted: true, heads: 3 },
    { grid: 8, window: 8, shifted: false, heads: 12 },
    { grid: 4, window: 4, shifted: false, heads: 24 },
    { grid: 32, window: 16, shifted: true, heads: 3 },
  ])('is what its composition is in f32: $grid, $window', (options) => {
    const { grid, window, shifted, heads } = options;
    const positions = fullPositions(grid, grid, device);
    const windows = windowing([grid, grid], window, shifted);
    const layout = { windows, pairs: positionPairs({ positions, scale: 1 }, windows) };
    const qkv = randn([2, grid, grid, 96 * heads], { generator }).to(device);
    const differences = layout.pairs.differences.elements / 2;
    const table = randn([heads, differences], { generator }).to(device);
    const above = randn([2, grid, grid, 32 * heads], { generator }).to(device);
    const run = (dtype: 'bf16' | 'f32', attend: typeof windowAttention) => {
      const inputs = [qkv.to(dtype).detach(), table.clone().detach()] as const;
      for (const input of inputs) input.requiresGrad = true;
      const output = attend(...inputs, layout);
      return [output, ...gradients(output.to('f32').mul(above).sum(), inputs)];
    };
    const expected = run('f32', composedWindowAttention);
    for (const [i, ours] of run('bf16', windowAttention).entries()) {
      const theirs = expected[i] as Tensor;
      const distance =
        (ours as Tensor).to('f32').sub(theirs).norm().number() / theirs.norm().number();
      expect(distance).toBeLessThan(1e-2);
    }
  });
});
