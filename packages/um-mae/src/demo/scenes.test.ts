import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeImage } from '../images/decode.js';
import type { RgbImage } from '../images/geometry/resize.js';
import { seededRandom } from '../random.js';
import { areas, distances, type ShapeName } from './scenes/shapes.js';
import { renderScene, sceneClasses, writeScenes } from './scenes.js';

/** Mean and deviation of red, green and blue. */
function colourStatistics({ data }: RgbImage): number[] {
  const pixels = data.length / 3;
  return [0, 1, 2].flatMap((channel) => {
    let [sum, squares] = [0, 0];
    for (let i = channel; i < data.length; i += 3) {
      const level = data[i] as number;
      sum += level;
      squares += level * level;
    }
    return [sum / pixels, Math.sqrt(squares / pixels - (sum / pixels) ** 2)];
  });
}

const distance = (a: readonly number[], b: readonly number[]) =>
  Math.hypot(...a.map((value, i) => value - (b[i] as number)));

describe('renderScene', () => {
  test('depends on class and generator alone', () => {
    expect(renderScene(2, seededRandom(4))).toEqual(renderScene(2, seededRandom(4)));
    expect(renderScene(2, seededRandom(4))).not.toEqual(renderScene(2, seededRandom(5)));
    expect(renderScene(2, seededRandom(4))).not.toEqual(renderScene(3, seededRandom(4)));
  });

  test('shows the same scene at another size', () => {
    expect(renderScene(0, seededRandom(1), 96)).toMatchObject({ width: 96, height: 96 });
  });

  test('does not give its class away by colour', () => {
    const classes = sceneClasses.map((_, c) => c);
    const images = (count: number, split: number) =>
      classes.flatMap((c) =>
        Array.from({ length: count }, (_, i) => ({
          c,
          features: colourStatistics(renderScene(c, seededRandom(9, split, c, i))),
        })),
      );
    const train = images(60, 0);
    const val = images(60, 1);
    const nearest = val.filter(({ c, features }) => {
      const ranked = train
        .map((known) => ({ c: known.c, d: distance(known.features, features) }))
        .sort((a, b) => a.d - b.d)
        .slice(0, 9);
      const votes = classes.map((k) => ranked.filter((known) => known.c === k).length);
      return votes.indexOf(Math.max(...votes)) === c;
    });
    const centroids = classes.map((c) => {
      const own = train.filter((known) => known.c === c);
      return [0, 1, 2, 3, 4, 5].map(
        (k) => own.reduce((sum, { features }) => sum + (features[k] as number), 0) / own.length,
      );
    });
    const closest = val.filter(({ c, features }) => {
      const away = centroids.map((centroid) => distance(centroid, features));
      return away.indexOf(Math.min(...away)) === c;
    });
    // 480 images, chance 12.5 %; four standard deviations above it are 18.5 %.
    expect(nearest.length / val.length).toBeLessThan(0.2);
    expect(closest.length / val.length).toBeLessThan(0.2);
  });
});

describe('shapes', () => {
  test.each(Object.keys(distances) as ShapeName[])(
    '%s has the area that balances the classes',
    (name) => {
      const steps = 400;
      let inside = 0;
      for (let row = 0; row < steps; row++) {
        for (let column = 0; column < steps; column++) {
          const x = (column / steps) * 3 - 1.5;
          const y = (row / steps) * 3 - 1.5;
          if (distances[name](x, y) < 0) inside++;
        }
      }
      expect((inside * 9) / steps ** 2 / areas[name]).toBeCloseTo(1, 1);
    },
  );
});

describe('writeScenes', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'um-mae-scenes-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('writes a folder per split and class', async () => {
    await writeScenes(folder, { perClass: { train: 2, val: 1 }, seed: 3, size: 32 });
    expect((await readdir(join(folder, 'train'))).sort()).toEqual([...sceneClasses].sort());
    const first = sceneClasses[0] as string;
    expect(await readdir(join(folder, 'train', first))).toEqual(['0000.png', '0001.png']);
    expect(await readdir(join(folder, 'val', first))).toEqual(['0000.png']);
    const train = await decodeImage(join(folder, 'train', first, '0000.png'));
    const val = await decodeImage(join(folder, 'val', first, '0000.png'));
    expect(train).toMatchObject({ width: 32, height: 32 });
    expect(train.data).not.toEqual(val.data);
  });
});
