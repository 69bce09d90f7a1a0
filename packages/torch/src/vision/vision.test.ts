import { afterEach, describe, expect, test } from 'vitest';
import { Generator } from '../device/random.js';
import { cat, rand, randint, randn } from '../generated/operators.js';
import { type Tensor, tensor, zeros } from '../index.js';
import { gradients } from '../tensor/autograd.js';
import { useKernels } from '../tensor/kernels.js';
import { callOperator } from '../tensor/operator.js';
import { expectClose } from '../testing/expect-close.js';
import { boxOverlaps, nms, pasteMasks, roiAlign, softNms } from './index.js';

afterEach(() => useKernels(true));

/** The same computed by libtorch's operators alone. */
function composed<Result>(body: () => Result): Result {
  useKernels(false);
  try {
    return body();
  } finally {
    useKernels(true);
  }
}

/** Boxes of up to `size` pixels in a picture of 100, some of them outside. */
function boxes(count: number, generator: Generator, size = 60): Tensor {
  const corner = rand([count, 2], { generator }).mul(110).sub(10);
  return cat([corner, corner.add(rand([count, 2], { generator }).mul(size))], { dim: 1 });
}

function channelsLast(x: Tensor): Tensor {
  return x.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2]);
}

describe('roiAlign', () => {
  const generator = new Generator(1);
  const maps = [randn([2, 35, 25, 30], { generator }), randn([2, 35, 12, 15], { generator })];
  const image = randint(0, 2, [40, 1], { generator });
  const extra = tensor([
    [0, 5, 5, 5, 5],
    [1, 40, 40, 20, 10],
    [0, -300, -300, 900, 900],
    [1, 500, 500, 600, 600],
  ]);
  const rois = cat([cat([image, boxes(40, generator)], { dim: 1 }), extra]);
  const levels = randint(0, 2, [44], { generator, dtype: 'i64' });

  test.each([
    [true, 0],
    [true, 2],
    [false, 0],
    [false, 2],
    [true, 3],
  ])('equals its composition in value and gradient, aligned %s, %i samples', (aligned, samples) => {
    const slopes = randn([44, 35, 7, 5], { generator });
    const pass = () => {
      for (const map of maps) map.requiresGrad = true;
      const options = { bins: [7, 5], strides: [4, 8], levels, aligned, samples } as const;
      const pooled = roiAlign(maps, rois, options);
      return [pooled, ...gradients(pooled.mul(slopes).sum(), maps)];
    };
    const [pooled, ...slopesOfMaps] = pass();
    const [expected, ...others] = composed(pass);
    expectClose(pooled as Tensor, expected as Tensor, { atol: 2e-5 });
    for (const [i, slope] of slopesOfMaps.entries()) {
      expectClose(slope as Tensor, others[i] as Tensor, { atol: 2e-4 });
    }
  });

  test('reads maps with channels last as it reads others', () => {
    const options = { bins: [7, 7], strides: [4, 8], levels } as const;
    const turned = maps.map((map) => channelsLast(map.detach()));
    expectClose(roiAlign(turned, rois, options), roiAlign(maps, rois, options), { atol: 0 });
  });

  test('gives nothing for no region, and refuses regions of images that there are not', () => {
    const none = zeros([0, 5]);
    const options = { bins: [7, 7], strides: [4, 8] } as const;
    expect(roiAlign(maps, none, options).shape).toEqual([0, 35, 7, 7]);
    expect(composed(() => roiAlign(maps, none, options)).shape).toEqual([0, 35, 7, 7]);
    expect(() => roiAlign(maps, tensor([[2, 0, 0, 5, 5]]), options)).toThrow(
      /expected finite rois/,
    );
  });
});

describe('nms', () => {
  test('keeps what its composition keeps, best first', () => {
    const generator = new Generator(2);
    const many = boxes(1000, generator);
    const scores = rand([1000], { generator });
    const labels = randint(0, 5, [1000], { generator, dtype: 'i64' });
    for (const options of [{ threshold: 0.3 }, { threshold: 0.7 }, { threshold: 0.5, labels }]) {
      const kept = nms(many, scores, options);
      expect(kept.toArray()).toEqual(composed(() => nms(many, scores, options)).toArray());
      const ordered = [...scores.indexSelect(0, kept).toArray()].map(Number);
      expect(ordered).toEqual([...ordered].sort((a, b) => b - a));
    }
  });

  test('lets no box stay that a kept one overlaps, and drops none without such a one', () => {
    const generator = new Generator(3);
    const many = boxes(500, generator);
    const scores = rand([500], { generator });
    const kept = nms(many, scores, { threshold: 0.4 });
    const among = boxOverlaps(many.indexSelect(0, kept), many.indexSelect(0, kept));
    expect(among.triu({ diagonal: 1 }).gt(0.4).sum().number()).toBe(0);
    const covered = boxOverlaps(many, many.indexSelect(0, kept)).gt(0.4).sum(1).gt(0);
    // Every box overlaps a kept one: itself, or the one that dropped it.
    expect(covered.sum().number()).toBe(500);
  });

  test('keeps equal boxes without area, and takes no box at all', () => {
    const flat = tensor([
      [1, 1, 1, 5],
      [1, 1, 1, 5],
    ]);
    const scores = tensor([0.5, 0.5]);
    expect([...nms(flat, scores, { threshold: 0.5 }).toArray()]).toEqual([0n, 1n]);
    expect(nms(zeros([0, 4]), zeros([0]), { threshold: 0.5 }).shape).toEqual([0]);
  });
});

describe('softNms', () => {
  test.each(['linear', 'gaussian', 'hard'] as const)('equals its plain form, %s', (decay) => {
    const generator = new Generator(4);
    const many = boxes(300, generator);
    const scores = rand([300], { generator });
    const labels = randint(0, 3, [300], { generator, dtype: 'i64' });
    const found = softNms(many, scores, { decay, labels, threshold: 0.4, minimum: 0.05 });
    const plain = composed(() =>
      softNms(many, scores, { decay, labels, threshold: 0.4, minimum: 0.05 }),
    );
    expect(found.kept.toArray()).toEqual(plain.kept.toArray());
    expectClose(found.scores, plain.scores, { atol: 1e-5 });
  });
});

describe('pasteMasks', () => {
  const generator = new Generator(5);
  const masks = rand([30, 28, 28], { generator });
  const where = boxes(30, generator);

  test('equals its composition', () => {
    const size = { height: 90, width: 101 };
    const pasted = pasteMasks(masks, where, size);
    expectClose(
      pasted,
      composed(() => pasteMasks(masks, where, size)),
      { atol: 1e-4 },
    );
    const binary = pasteMasks(masks, where, { ...size, threshold: 0.5 });
    expect(binary.toArray()).toEqual(pasted.ge(0.5).toArray());
  });

  test('puts nothing where a region has no extent', () => {
    const flat = tensor([[10, 10, 10, 20]]);
    const paste = () => pasteMasks(masks.slice({ end: 1 }), flat, { height: 40, width: 40 });
    expect(paste().sum().number()).toBe(0);
    expect(composed(paste).sum().number()).toBe(0);
  });

  test('refuses boxes of another number', () => {
    expect(() => callOperator('um::paste_masks', masks, where.slice({ end: 3 }), 9, 9)).toThrow(
      /expected f32 masks/,
    );
  });
});
