import { cat, Generator, noGrad, rand, randint, randn, type Tensor } from '@um-mae/torch';
import { nms, pasteMasks, softNms } from '@um-mae/torch/vision';
import { describe, expect, test } from 'vitest';
import { bestClassBoxes } from '../boxes/class-boxes.js';
import { roiLevels, roiStrides } from '../networks/regions/roi-features.js';
import {
  detect,
  detectorSettings,
  findObjects,
  fittedSize,
  pasteMask,
  preparePicture,
  proposedRegions,
  regionsByLevel,
  suppress,
  suppressSoftly,
  wholeMask,
} from './index.js';

const floats = (x: Tensor) => x.contiguous().toArray() as Float32Array;
const integers = (x: Tensor) => [...x.toArray()].map(Number);

/** Boxes of up to 60 pixels in a picture of 100. */
function boxes(count: number, generator: Generator): Tensor {
  const corner = rand([count, 2], { generator }).mul(90);
  return cat([corner, corner.add(rand([count, 2], { generator }).mul(60).add(1))], { dim: 1 });
}

function candidates(count: number, seed: number) {
  const generator = new Generator(seed);
  const where = boxes(count, generator);
  const scores = rand([count], { generator });
  const labels = randint(0, 3, [count], { generator, dtype: 'i64' });
  const plain = {
    boxes: floats(where),
    scores: floats(scores),
    labels: Uint32Array.from(integers(labels)),
  };
  return { where, scores, labels, plain };
}

describe('suppression', () => {
  test('keeps what the operators of tensors keep, by class or across classes', () => {
    const { where, scores, labels, plain } = candidates(600, 1);
    expect(suppress(plain, { overlap: 0.5 })).toEqual(
      integers(nms(where, scores, { threshold: 0.5, labels })),
    );
    expect(suppress(plain, { overlap: 0.4, acrossClasses: true })).toEqual(
      integers(nms(where, scores, { threshold: 0.4 })),
    );
  });

  test.each(['linear', 'gaussian'] as const)('lowers scores as they do, %s', (decay) => {
    const { where, scores, labels, plain } = candidates(200, 2);
    const own = suppressSoftly(plain, { decay, overlap: 0.4, least: 0.05 });
    const expected = softNms(where, scores, { decay, threshold: 0.4, minimum: 0.05, labels });
    expect(own.places).toEqual(integers(expected.kept));
    for (const [i, score] of floats(expected.scores).entries()) {
      expect(own.scores[i]).toBeCloseTo(score, 5);
    }
  });
});

describe('findObjects', () => {
  const picture = {
    original: { width: 200, height: 100 },
    resized: { width: 100, height: 50 },
  };

  test('gives what the boxes of all classes give with tensors, in the original picture', () => {
    const generator = new Generator(3);
    const where = boxes(80, generator);
    const scores = rand([80, 4], { generator });
    const found = findObjects(
      { boxes: floats(where), scores: floats(scores), classes: 4 },
      { picture, leastScore: 0.3, most: 30, suppression: { overlap: 0.5 } },
    );
    const clipped = where
      .maximum(where.mul(0))
      .minimum(
        cat([where.mul(0).add(100).narrow(1, 0, 1), where.mul(0).add(50).narrow(1, 0, 1)], {
          dim: 1,
        }).repeat([1, 2]),
      )
      .mul(2);
    const expected = bestClassBoxes(clipped, scores, {
      leastScore: 0.3,
      most: 30,
      suppression: { threshold: 0.5 },
    });
    expect(found.map(({ label }) => label)).toEqual(integers(expected.labels));
    expect(found.flatMap(({ box }) => box)).toEqual([...floats(expected.boxes.flatten())]);
  });

  test('looks at the best scores of each level alone', () => {
    const where = Float32Array.from([0, 1, 2, 3].flatMap((i) => [20 * i, 0, 20 * i + 9, 9]));
    const scores = Float32Array.from([0.5, 0.9, 0.8, 0.7]);
    const options = { picture, leastScore: 0.1, most: 9, suppression: { overlap: 0.5 } };
    const levels = { places: [3, 1], most: 1 };
    const found = findObjects({ boxes: where, scores, classes: 1 }, { ...options, levels });
    expect(found.map(({ box }) => box[0])).toEqual([40, 120]);
    const soft = { soft: { overlap: 0.5 } };
    expect(
      findObjects({ boxes: where, scores, classes: 1 }, { ...options, suppression: soft }),
    ).toHaveLength(4);
  });
});

describe('regions', () => {
  test('are the best proposals of each level, cut to the picture, without empty ones', () => {
    const all = Float32Array.from([
      ...[0, 0, 10, 10],
      ...[1, 0, 10, 10],
      ...[0, 0, 10, 10],
      ...[-9, -9, -1, -1],
      ...[20, 20, 90, 90],
    ]);
    const scores = Float32Array.from([0.9, 0.8, 0.7, 0.95, 0.6]);
    const rule = { places: [2, 3], mostOfLevel: 3, most: 9, overlap: 0.7 };
    const found = proposedRegions({ boxes: all, scores }, { width: 50, height: 40 }, rule);
    expect([...found]).toEqual([0, 0, 10, 10, 0, 0, 10, 10, 20, 20, 50, 40]);
    const few = proposedRegions(
      { boxes: all, scores },
      { width: 50, height: 40 },
      { ...rule, most: 1 },
    );
    expect([...few]).toEqual([0, 0, 10, 10]);
  });

  test('are read from the levels that networks read them from', () => {
    const where = boxes(50, new Generator(4)).mul(10);
    const { boxes: byLevel, order } = regionsByLevel(floats(where), roiStrides);
    const levels = integers(roiLevels(where));
    expect(byLevel.map((own) => own.length / 4)).toEqual(
      roiStrides.map((_, level) => levels.filter((own) => own === level).length),
    );
    expect(order.map((place) => levels[place])).toEqual([...levels].sort());
  });
});

describe('pasteMask', () => {
  test('sets the pixels that tensors set', () => {
    const generator = new Generator(5);
    const size = { width: 70, height: 60 };
    const where = boxes(20, generator).sub(15);
    const masks = rand([20, 28, 28], { generator });
    const expected = pasteMasks(masks, where, { ...size, threshold: 0.5 }).to('u8');
    const corners = floats(where);
    for (const [i, mask] of masks.unbind().entries()) {
      const [left = 0, top = 0, right = 0, bottom = 0] = corners.subarray(4 * i, 4 * i + 4);
      const pasted = pasteMask(floats(mask), [left, top, right, bottom], size);
      const different = wholeMask(pasted, size).filter(
        (pixel, place) =>
          pixel !== (expected.select(0, i).contiguous().toArray() as Uint8Array)[place],
      );
      // Bilinear sums of f32 and f64 differ where a probability is one half.
      expect(different.length).toBeLessThan(2);
    }
    expect(pasteMask(new Float32Array(4).fill(1), [5, 5, 5, 9], size).pixels.length).toBe(0);
  });
});

const metadata = {
  height: '64',
  width: '64',
  interpolation: 'bicubic',
  mean: '[0.5,0.5,0.5]',
  deviation: '[0.25,0.25,0.25]',
  classes: '["cell","dust"]',
  detector: JSON.stringify({
    stages: 1,
    places: [2],
    leastScore: 0.05,
    overlap: 0.5,
    most: 10,
    mostOfLevel: 10,
  }),
};

describe('a picture', () => {
  test('is fitted into the input with its shape kept, the rest zeros', () => {
    expect(fittedSize({ width: 100, height: 33 }, { width: 64, height: 64 })).toEqual({
      width: 64,
      height: 21,
    });
    const data = new Uint8Array(100 * 33 * 3).fill(255);
    const { pixels } = preparePicture({ width: 100, height: 33, data }, detectorSettings(metadata));
    expect(pixels.length).toBe(3 * 64 * 64);
    expect([pixels[0], pixels[20 * 64 + 63], pixels[21 * 64]]).toEqual([2, 2, 0]);
  });

  test('gives objects with names by the graph of a detector', async () => {
    const image = { width: 32, height: 16, data: new Uint8Array(32 * 16 * 3) };
    const found = await detect(image, detectorSettings(metadata), {
      picture: async () => ({
        boxes: { data: Float32Array.from([0, 0, 20, 20, 30, 10, 70, 40]), shape: [1, 2, 4] },
        scores: { data: Float32Array.from([0.01, 0.6, 0.9, 0.02]), shape: [1, 2, 2] },
      }),
    });
    expect(found).toEqual([
      { label: 0, name: 'cell', score: Math.fround(0.9), box: [15, 5, 32, 16] },
      { label: 1, name: 'dust', score: Math.fround(0.6), box: [0, 0, 10, 10] },
    ]);
  });

  test('is refused where the metadata are not those of a detector', () => {
    const { detector: _, ...others } = metadata;
    expect(() => detectorSettings(others)).toThrow(
      'Expected a detector that `um-mae export` wrote but got another `detector` in its metadata.',
    );
  });
});

test('random masks are inside where their probability is', () => {
  const mask = noGrad(() => floats(randn([28, 28], { generator: new Generator(6) }).sigmoid()));
  const pasted = pasteMask(mask, [0, 0, 28, 28], { width: 28, height: 28 });
  const share = wholeMask(pasted, { width: 28, height: 28 });
  expect([...share]).toEqual([...mask].map((value) => Number(value >= 0.5)));
});
